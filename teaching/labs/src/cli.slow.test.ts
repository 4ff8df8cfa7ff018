import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "@voice-notes/scenarios";
import { describe, expect, it } from "vitest";
import { labs } from "./labs.ts";

const cli = join(root, "teaching", "labs", "src", "cli.ts");

async function lab(...args: string[]) {
  const temporary = await mkdtemp(join(tmpdir(), "lab-test-"));
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary, NO_COLOR: "1" };
  try {
    const ended = await promisify(execFile)(process.execPath, [cli, ...args], { env }).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: "" }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
    return { ...ended, left: await readdir(temporary) };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

describe("pnpm lab", () => {
  it("lists every lab with its title", async () => {
    const { code, stdout } = await lab();

    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(labs.length);
    expect(stdout).toMatch(/^missing-slash-star +The bucket where its objects are meant$/m);
  });

  it("shows a mistake from its lines to its cure, and leaves nothing behind", async () => {
    const { code, stdout, left } = await lab("missing-slash-star");

    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}-.*Resource: !Sub .*\/audio\/\*\n {2}\+.*Resource: !GetAtt/m);
    expect(stdout).toContain("is not authorized to perform: s3:PutObject");
    expect(stdout).toMatch(/^Why\n {2}s3:PutObject/m);
    expect(stdout).toMatch(/nearest +StoreAudio/);
    expect(stdout).toMatch(/^Cure\n.*\/audio\/\*/m);
    expect(left).toEqual([]);
  });

  it("says it to machines, too", async () => {
    const { code, stdout } = await lab("circular-notification", "--json");

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      name: "circular-notification",
      symptom: "Circular dependency between resources: [RecordingsBucket, UploadsQueuePolicy]",
    });
  });

  it("knows no other names", async () => {
    const { code, stderr } = await lab("nonsense");

    expect(code).toBe(2);
    expect(stderr).toContain("There is no lab nonsense. There are reserved-variables, ");
  });
});
