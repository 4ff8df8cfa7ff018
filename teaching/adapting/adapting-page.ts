import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { linkModules } from "../labs/src/scratch.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a reader is told to write into a file: one code block. */
export interface Piece {
  readonly file: string;
  /** A line of the file, by its beginning; `FIRST > SECOND` is the next such line behind another. None for a new file. */
  readonly where?: { readonly place: "after" | "before" | "replace"; readonly line: string };
  readonly text: string;
}

/**
 * A section of a page in docs/, and the code blocks in it whose info string says `add FILE`, `after FILE LINE`,
 * `before FILE LINE` or `replace FILE LINE`.
 *
 * @param heading Without its number signs. The section ends where the next one of its rank or a higher one begins.
 * @throws Error when the page has no such section.
 */
export async function readSection(name: string, heading: string) {
  const page = await readFile(join(root, "docs", name), "utf8");
  const start = new RegExp(`^(#+) ${heading}$`, "m").exec(page);
  if (!start) throw new Error(`docs/${name} has no section "${heading}".`);
  const rest = page.slice(start.index + start[0].length);
  const end = rest.search(new RegExp(`^#{1,${start[1]?.length}} `, "m"));
  const text = end < 0 ? rest : rest.slice(0, end);
  const blocks = [...text.matchAll(/^```\w+ (add|after|before|replace) (\S+)(?: ([^\n]+))?\n(.*?)^```$/gms)];
  const pieces = blocks.map(
    ([, place, file = "", line = "", content = ""]): Piece => ({
      file,
      ...(place !== "add" && { where: { place: place as "after" | "before" | "replace", line } }),
      text: content,
    }),
  );
  return { text, pieces };
}

/** Does in a copy of the project what the pieces say. @throws Error for a line that is not there, or more than once. */
export async function write(copy: string, pieces: readonly Piece[]): Promise<void> {
  for (const { file, where, text } of pieces) {
    const path = join(copy, file);
    if (where) await writeFile(path, changed(await readFile(path, "utf8"), file, where, text));
    else await writeFile(path, text, { flag: "wx" });
  }
}

function changed(before: string, file: string, { place, line }: NonNullable<Piece["where"]>, text: string) {
  const lines = before.split("\n");
  const [first = "", ...next] = line.split(" > ");
  const find = (beginning: string, from: number) =>
    lines.findIndex((one, index) => index >= from && one.trim().startsWith(beginning));
  const start = find(first, 0);
  const index = next.reduce((from, beginning) => (from < 0 ? from : find(beginning, from + 1)), start);
  if (index < 0 || find(first, start + 1) >= 0)
    throw new Error(`${file} has no line, or more than one, that begins with ${line}`);
  const added = text.replace(/\n$/, "").split("\n");
  // What stands apart from what comes before it stays so.
  if (place === "before" && lines[index - 1] === "") added.push("");
  lines.splice(place === "after" ? index + 1 : index, place === "replace" ? 1 : 0, ...added);
  return lines.join("\n");
}

/** Runs a script of package.json in a copy, as nobody in particular. @returns What it printed, and its exit code. */
export async function runScript(copy: string, name: string, ...args: readonly string[]) {
  const { scripts } = JSON.parse(await readFile(join(copy, "package.json"), "utf8"));
  const [, script = "", ...own] = String(scripts[name] ?? "").split(" ");
  return runNode(copy, join(copy, script), ...own, ...args);
}

/** @param program A file of an installed package, e.g. `vitest/vitest.mjs`. */
export function runInstalled(copy: string, program: string, ...args: readonly string[]) {
  return runNode(copy, join(copy, "node_modules", program), ...args);
}

/** Nothing of the developer's AWS configuration, no engine, no colours. */
export function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|FORCE_COLOR$|VITEST)/.test(name));
  return { ...Object.fromEntries(inherited), LOCAL_SPEECH: "recorded", NO_COLOR: "1" };
}

function runNode(cwd: string, ...args: readonly string[]): Promise<{ code: number; output: string }> {
  const env = environment();
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, env, maxBuffer: 16 * 1024 ** 2 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, output: `${stdout}${stderr}`.trimEnd() });
      else reject(error);
    });
  });
}

/** A copy of the project that may be changed, with what was installed for the original; it is the caller's to remove. */
export async function copyProject(): Promise<string> {
  const copy = await realpath(await mkdtemp(join(tmpdir(), "adapting-")));
  const rebuilt = new Set(["node_modules", ".git", ".serverless", ".esbuild", ".local"]);
  try {
    await cp(root, copy, { recursive: true, filter: (path) => !rebuilt.has(basename(path)) });
    await linkModules(await realpath(root.replace(/[\\/]$/, "")), copy, [
      "packages",
      "rolecall",
      "scenarios",
      "teaching",
    ]);
    return copy;
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw error;
  }
}
