import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runningPnpm } from "../../running-pnpm.ts";

const run = promisify(execFile);
const cli = fileURLToPath(new URL("cli.ts", import.meta.url));

/** Somebody who has told git who they are, and who packages into a temporary folder of their own. */
async function environmentIn(folder: string): Promise<NodeJS.ProcessEnv> {
  const temporary = join(folder, "tmp");
  await mkdir(temporary, { recursive: true });
  const who = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@example.com" };
  const committer = { GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@example.com" };
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|VITEST|FORCE_COLOR$)/.test(name));
  return {
    ...Object.fromEntries(inherited),
    ...who,
    ...committer,
    ...{ TMPDIR: temporary, TEMP: temporary, TMP: temporary, NO_COLOR: "1", LOCAL_SPEECH: "recorded" },
  };
}

describe.each([
  {
    options: ["--without-rolecall"],
    commands: [["sls package", /Service packaged/]],
    has: ["packages", "deployer"],
    // What a starter does not have, its texts do not name either.
    names:
      /\bteaching\b|pnpm (?:lab|bench|new|demo|prove|explain|preflight|smoke)\b|docs\/(?!openapi)[\w-]+\.md|rolecall/,
  },
  {
    options: [],
    commands: [
      ["sls package", /Service packaged/],
      ["demo", /And one that nothing allows/],
      ["run permissions", /no findings/],
      ["explain readRecording s3:GetObject audio/any.wav", /Allowed/i],
      ["prove listRecordings", /nothing missing, nothing spare/],
    ],
    has: ["packages", "deployer", "rolecall", "scenarios"],
    names: /\bteaching\b|pnpm (?:lab|bench|new)\b|docs\/mistakes/,
  },
] as const)("pnpm new $options", { timeout: 900_000 }, ({ options, commands, has, names }) => {
  let outer: string;
  let starter: string;
  let said: string;

  const pnpm = async (...args: string[]) => {
    const [program, ...first] = runningPnpm();
    const env = await environmentIn(outer);
    const { stdout, stderr } = await run(program, [...first, ...args], { cwd: starter, env });
    return stdout + stderr;
  };

  beforeAll(async () => {
    outer = await mkdtemp(join(tmpdir(), "starter-"));
    starter = join(outer, "memo-box");
    const env = await environmentIn(outer);
    const { stdout, stderr } = await run(process.execPath, [cli, starter, ...options], { env });
    said = stdout + stderr;
  }, 900_000);

  afterAll(async () => {
    await rm(outer, { recursive: true, force: true });
  });

  it("installs it, and its tests pass", () => {
    expect(said).toMatch(/Tests +\d+ passed/);
    expect(said).not.toMatch(/failed/);
  });

  it("has nothing of what teaches here", async () => {
    const entries = await readdir(starter);

    expect(entries).toEqual(expect.arrayContaining([...has]));
    for (const gone of ["teaching", "CHANGELOG.md", "CONTRIBUTING.md"]) expect(entries).not.toContain(gone);
    expect(await readdir(join(starter, "docs"))).not.toContain("mistakes");
  });

  it("is called by its own name in every place, but for whose licence it is", async () => {
    const { stdout } = await run("git", ["grep", "-il", "voice-notes"], { cwd: starter });

    expect(stdout.trim().split("\n")).toEqual(["LICENSE"]);
    expect(JSON.parse(await readFile(join(starter, "package.json"), "utf8")).name).toBe("memo-box");
  });

  it("has begun its history with all that is there", async () => {
    const { stdout: log } = await run("git", ["log", "--format=%s"], { cwd: starter });
    const { stdout: status } = await run("git", ["status", "--porcelain"], { cwd: starter });

    expect(log).toBe("Begin memo-box\n");
    expect(status).toBe("");
  });

  it("names nothing that it does not have", async () => {
    const { stdout } = await run("git", ["ls-files", ":!pnpm-lock.yaml", ":!*.wav"], { cwd: starter });
    const files = stdout.trim().split("\n");
    const lines = await Promise.all(
      files.map(async (file) =>
        (await readFile(join(starter, file), "utf8"))
          .split("\n")
          .filter((line) => names.test(line))
          .map((line) => `${file}: ${line}`),
      ),
    );

    expect(lines.flat()).toEqual([]);
  });

  it("has no page with a link to what is not there", async () => {
    const { stdout } = await run("git", ["ls-files", "*.md"], { cwd: starter });
    for (const page of stdout.trim().split("\n")) {
      const text = await readFile(join(starter, page), "utf8");
      for (const [, target = ""] of text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g))
        expect(existsSync(join(starter, page, "..", target)), `${page}: ${target}`).toBe(true);
    }
  });

  it.each(commands)("runs pnpm %s", async (command, shows) => {
    expect(await pnpm(...command.split(" "))).toMatch(shows);
  });
});

it("a folder with something in it, and a name that AWS would not take, are refused before anything is written", async () => {
  const folder = await mkdtemp(join(tmpdir(), "starter-"));
  try {
    const full = await run(process.execPath, [cli, join(folder, ".."), "--name", "x"]).catch(
      (error) => error,
    );
    expect(full).toMatchObject({ code: 1, stderr: expect.stringContaining("is not empty") });
    const named = await run(process.execPath, [cli, folder, "--name", "My_Service"]).catch((error) => error);
    expect(named).toMatchObject({ code: 1, stderr: expect.stringContaining("lower-case letters") });
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
