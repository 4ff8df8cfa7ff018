import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runningPnpm } from "../running-pnpm.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Of the deployer: they ask the tools. */
const deletedTests = ["decisions.test.ts", "workflows.test.ts"];

async function runPnpm(folder: string, ...args: string[]): Promise<string> {
  const [program, ...first] = runningPnpm();
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
    const left = new Set([...rebuilt, "tools", "samples", ...deletedTests]);
    await cp(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
    for (const { file, line } of await linesToDelete()) await deleteLines(join(copy, file), line);
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

describe("docs/adapting.md", () => {
  it("names in one place each what renaming changes of what deploys", async () => {
    const scope = "@voice-notes/";
    const named: string[] = [];
    for (const { name, text } of await readTexts(["serverless.yml", "packages", "resources"])) {
      if (/\.test\.ts$|\/testing\/|\.md$/.test(name)) continue;
      // A comment changes nothing.
      const code = text.replace(/(^|\s)(\/\/|#) .*|^\s*\/?\*.*/gm, "").replaceAll(scope, "");
      if (/voice-notes/.test(code)) named.push(`${name}: ${/.*voice-notes.*/.exec(code)?.[0].trim()}`);
    }

    expect(named).toEqual(["serverless.yml: service: voice-notes"]);
  });

  it("has a row for every line that runs or reads something in tools/", async () => {
    const rows = await linesToDelete();
    const files = ["package.json", "pnpm-workspace.yaml", "vitest.config.ts", "tsconfig.json", "biome.json"];
    const texts = await readTexts([...files, "serverless.yml", "packages", "resources", "deployer"]);
    const left = texts
      .filter(({ name }) => !deletedTests.some((test) => name.endsWith(test)) && !name.endsWith(".md"))
      .flatMap(({ name, text }) => text.split("\n").map((line) => ({ name, line })))
      .filter(({ name, line }) => !rows.some((row) => row.file === name && line.includes(row.line)))
      .filter(({ line }) => /\btools\//.test(line));

    expect(left).toEqual([]);
  });

  it("names whatever else knows the tools or their commands", async () => {
    const page = await readFile(join(root, "docs", "adapting.md"), "utf8");
    const [, section = ""] = page.split("## Take the tools out\n");
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const commands = Object.entries(scripts).flatMap(([name, script]) =>
      / tools\//.test(script) ? [name] : [],
    );
    const others = (await readdir(root)).filter((name) => name.endsWith(".md"));
    const naming = (await readTexts([...others, ".ci", ".github"])).filter(
      ({ text }) =>
        /\btools\//.test(text) || new RegExp(`\\bpnpm(@12)? (${commands.join("|")})\\b`).test(text),
    );

    expect(naming.length).toBeGreaterThan(3);
    for (const { name } of naming) expect(section).toContain(name.startsWith(".github/") ? ".github" : name);
  });
});

/** Files by their names from the root, with slashes: those named, and those in folders that are. */
async function readTexts(names: readonly string[]): Promise<{ name: string; text: string }[]> {
  const found: { name: string; text: string }[] = [];
  for (const name of names) {
    const entries = await readdir(join(root, name), { recursive: true, withFileTypes: true }).catch(() => []);
    const inFolder = entries
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
    for (const file of entries.length > 0 ? inFolder : [name]) {
      found.push({ name: file, text: await readFile(join(root, file), "utf8") });
    }
  }
  return found;
}

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

/** The rows of the table whose heading is "file | each line with". */
async function linesToDelete(): Promise<{ file: string; line: string }[]> {
  const document = await readFile(join(root, "docs", "adapting.md"), "utf8");
  const [, table = ""] = document.split("| file | each line with |\n| --- | --- |\n");
  const rows = [...table.matchAll(/^\| (\S+) \| `([^`]+)` \|$/gm)];
  return rows.map(([, file = "", line = ""]) => ({ file, line }));
}

async function deleteLines(path: string, part: string): Promise<void> {
  const lines = (await readFile(path, "utf8")).split("\n");
  const rest = lines.filter((line) => !line.includes(part));
  if (rest.length === lines.length) throw new Error(`${path} has no line with ${part}`);
  await writeFile(path, rest.join("\n"));
}
