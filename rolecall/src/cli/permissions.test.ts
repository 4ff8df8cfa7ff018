import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { changeableService } from "../stack/source/testing/changed-service.ts";

const command = fileURLToPath(new URL("main.ts", import.meta.url));

beforeAll(async () => {
  await changeableService();
}, 120_000);

/** The command in a process of its own. */
function run(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, "permissions", ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe("rolecall permissions", () => {
  it("prints every function, what has a policy of its own, the blast radius and the lint, and exits 0", async () => {
    const { code, stdout, stderr } = await run();

    for (const title of [
      "receiveAudio",
      "deleteRecording",
      "UploadsQueue",
      "HttpApi",
      "By action",
      "Blast radius",
    ])
      expect(stdout).toMatch(new RegExp(`^${title}\\b`, "m"));
    expect(stdout).toMatch(/^Lint\n {2}no findings$/m);
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("prints one function by name, with the route that leads to it", async () => {
    const { code, stdout } = await run("readRecording");

    expect(stdout).toMatch(/^readRecording\b/m);
    expect(stdout).not.toMatch(/^receiveAudio\b/m);
    expect(stdout).toMatch(/GET \/recordings\/\{id\} +invokes readRecording/);
    expect(stdout).not.toContain("POST /recordings ");
    expect(code).toBe(0);
  });

  it("names the functions there are when there is none of that name, and exits 2", async () => {
    const { code, stdout, stderr } = await run("readRecordings");

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/no function "readRecordings".*receiveAudio, .*deleteRecording\b/);
  });

  it("--json tells all of it in full, for tools", async () => {
    const { code, stdout } = await run("--json", "receiveAudio");
    const { stage, functions, blastRadius, findings } = JSON.parse(stdout);

    expect([code, stage, findings]).toEqual([0, "dev", []]);
    expect(functions).toMatchObject([
      {
        functionKey: "receiveAudio",
        statements: [
          {
            sid: "StoreAudio",
            effect: "Allow",
            resources: { patterns: ["arn:aws:s3:::voice-notes-dev-123456789012-us-east-1/audio/*"] },
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

  it("--check says that docs/permissions.md is as it should be", async () => {
    const { code, stdout } = await run("--check");

    expect([code, stdout]).toEqual([0, "docs/permissions.md says what the template says.\n"]);
  });

  it.each([
    ["an option that it does not know", ["--nope"]],
    ["two functions", ["receiveAudio", "readRecording"]],
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
