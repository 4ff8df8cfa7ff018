import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The pnpm that runs these tests: a program, or a script for Node. */
const pnpm = process.env.npm_execpath ?? "pnpm";

async function runPnpm(folder: string, ...args: string[]): Promise<string> {
  const command = /\.[cm]?js$/.test(pnpm) ? [process.execPath, pnpm] : [pnpm];
  const [program = "", ...first] = command;
  // The framework leaves a temporary directory behind for each function that it packages.
  const temporary = join(folder, "..", "tmp");
  await mkdir(temporary, { recursive: true });
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
  const { stdout, stderr } = await promisify(execFile)(program, [...first, ...args], { cwd: folder, env });
  return stdout + stderr;
}

describe("a copy that was renamed and lost its tools as docs/adapting.md says", () => {
  let copy: string;

  beforeAll(async () => {
    copy = join(await mkdtemp(join(tmpdir(), "without-tools-")), "copy");
    const rebuilt = ["node_modules", ".git", ".serverless", ".esbuild"];
    const left = new Set([...rebuilt, "tools", "samples", "decisions.test.ts", "workflows.test.ts"]);
    await cp(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
    for (const { file, line } of await linesToDelete()) await deleteLine(join(copy, file), line);
    await rename(copy);
    await runPnpm(copy, "install", "--no-frozen-lockfile", "--prefer-offline");
    await runPnpm(copy, "format");
  }, 300_000);

  afterAll(async () => {
    await rm(join(copy, ".."), { recursive: true, force: true });
  });

  it("passes its tests", async () => {
    expect(await runPnpm(copy, "test")).toMatch(/Tests .*passed/);
  }, 300_000);

  it("packages", async () => {
    expect(await runPnpm(copy, "sls", "package")).toContain("Service packaged");
  }, 120_000);
});

/** Another service, another scope. */
async function rename(copy: string): Promise<void> {
  const yaml = join(copy, "serverless.yml");
  await writeFile(yaml, (await readFile(yaml, "utf8")).replace(/^service: .*/m, "service: memo-box"));
  for (const entry of await readdir(join(copy, "packages"), { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !/\.(ts|json)$/.test(entry.name)) continue;
    await writeFile(file, (await readFile(file, "utf8")).replaceAll("@voice-notes/", "@memo/"));
  }
}

/** The rows of the table whose heading is "file | line". */
async function linesToDelete(): Promise<{ file: string; line: string }[]> {
  const document = await readFile(join(root, "docs", "adapting.md"), "utf8");
  const [, table = ""] = document.split("| file | line |\n| --- | --- |\n");
  const rows = [...table.matchAll(/^\| (\S+) \| `([^`]+)` \|$/gm)];
  return rows.map(([, file = "", line = ""]) => ({ file, line }));
}

async function deleteLine(path: string, beginning: string): Promise<void> {
  const lines = (await readFile(path, "utf8")).split("\n");
  const rest = lines.filter((line) => !line.startsWith(beginning));
  if (rest.length !== lines.length - 1)
    throw new Error(`${path} has not exactly one line that begins with ${beginning}`);
  await writeFile(path, rest.join("\n"));
}
