import { execFile } from "node:child_process";
import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { templateName } from "../project/serverless/serverless.ts";
import { copiedProject } from "../testing/film-archive/film-archive.ts";

const command = fileURLToPath(new URL("main.ts", import.meta.url));

let project: Awaited<ReturnType<typeof copiedProject>>;
beforeAll(async () => {
  project = await copiedProject();
});
afterAll(() => project[Symbol.asyncDispose]());

/** The command in a process of its own. */
function run(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [command, "permissions", ...args],
      { cwd: project.path },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe("rolecall permissions", () => {
  it("prints every function, what has a policy of its own, the blast radius and the lint, and exits 0", async () => {
    const { code, stdout, stderr } = await run();

    for (const title of ["keepFilm", "showFilm", "ReelsQueue", "HttpApi", "By action", "Blast radius"])
      expect(stdout).toMatch(new RegExp(`^${title}\\b`, "m"));
    expect(stdout).toMatch(/^Lint\n {2}no findings$/m);
    expect([code, stderr]).toEqual([0, `Reading .serverless/${templateName}, as it was packaged last.\n`]);
  });

  it("prints one function by name, with the route that leads to it", async () => {
    const { code, stdout } = await run("showFilm");

    expect(stdout).toMatch(/^showFilm\b/m);
    expect(stdout).not.toMatch(/^keepFilm\b/m);
    expect(stdout).toMatch(/GET \/films\/\{id\} +invokes showFilm/);
    expect(stdout).not.toContain("POST /films ");
    expect(code).toBe(0);
  });

  it("names the functions there are when there is none of that name, and exits 2", async () => {
    const { code, stdout, stderr } = await run("showFilms");

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/no function "showFilms".*keepFilm, .*showFilm\b/);
  });

  it("--json tells all of it in full, for tools", async () => {
    const { code, stdout } = await run("--json", "keepFilm");
    const { stage, functions, blastRadius, findings } = JSON.parse(stdout);

    expect([code, stage, findings]).toEqual([0, "dev", []]);
    expect(functions).toMatchObject([
      {
        functionKey: "keepFilm",
        statements: [
          {
            sid: "KeepFilm",
            effect: "Allow",
            resources: { patterns: ["arn:aws:s3:::film-archive-dev-123456789012-us-east-1/films/*"] },
            source: { file: "serverless.yml", origin: "written" },
          },
          { sid: "WriteOwnLogs", source: { origin: "added" } },
        ],
        callers: [{ actions: { patterns: ["lambda:InvokeFunction"] } }],
      },
    ]);
    const [one] = functions;
    expect(blastRadius.roles.map((role: { functionKey: string }) => role.functionKey)).toContain(
      one.functionKey,
    );
  });

  it("--write writes docs/permissions.md, and --check says whether it is as it should be", async () => {
    const page = join(project.path, "docs", "permissions.md");
    await mkdir(join(project.path, "docs"));
    expect((await run("--check")).code).toBe(1);

    expect(await run("--write")).toMatchObject({ code: 0, stdout: "docs/permissions.md is written.\n" });
    expect(await run("--check")).toMatchObject({
      code: 0,
      stdout: "docs/permissions.md says what the template says.\n",
    });

    await appendFile(page, "more\n");
    expect(await run("--check")).toMatchObject({ code: 1, stdout: "" });
  });

  it.each([
    ["an option that it does not know", ["--nope"]],
    ["two functions", ["keepFilm", "showFilm"]],
    ["--check and --write", ["--check", "--write"]],
  ])("exits 2 and says how it is used for %s", async (_, args) => {
    const { code, stderr } = await run(...args);

    expect(code).toBe(2);
    expect(stderr).toContain("rolecall permissions [FUNCTION]");
  });

  it("--help says how it is used", async () => {
    const { code, stdout } = await run("--help");

    expect(code).toBe(0);
    expect(stdout).toContain("--check | --write");
  });
});
