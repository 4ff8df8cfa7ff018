import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./local.ts";

const sample = join(root, "samples", "function-without-keys.wav");

/** Runs a command of this folder, whatever speech engine this machine has; never rejects. */
function run(command: "cli.ts" | "demo.ts", ...args: string[]) {
  const file = fileURLToPath(new URL(command, import.meta.url));
  const env = { ...process.env, LOCAL_SPEECH: "recorded" };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [file, ...args], { cwd: root, env }, (error, stdout, stderr) => {
      resolve({
        code: error ? Number(error.code) : 0,
        // FORCE_COLOR may be set where the tests run.
        stdout: stripVTControlCharacters(stdout),
        stderr: stripVTControlCharacters(stderr),
      });
    });
  });
}

describe("pnpm transcribe", () => {
  let temporary: string;
  beforeAll(async () => {
    temporary = await mkdtemp(join(tmpdir(), "transcribe-test-"));
  });
  afterAll(() => rm(temporary, { recursive: true, force: true }));

  it("prints what was said and when", async () => {
    const { code, stdout } = await run("cli.ts", sample);

    expect(stdout).toMatch(/^ +\d\.\d–\d\.\d +A function carries no keys\.\n/);
    expect(code).toBe(0);
  });

  it("--json prints the recording, also by way of a form", async () => {
    const { code, stdout } = await run("cli.ts", sample, "--json", "--form", "--language", "en-US");

    expect(JSON.parse(stdout)).toMatchObject({
      status: "completed",
      language: "en-US",
      transcript: { segments: [{}, {}] },
    });
    expect(code).toBe(0);
  });

  it("says why when nobody can hear it, and ends with 1", async () => {
    const file = join(temporary, "unknown.wav");
    const audio = await readFile(sample);
    await writeFile(file, audio.subarray(0, audio.length - 2));

    const { code, stderr } = await run("cli.ts", file);

    expect(stderr).toMatch(/✘ Transcribe failed: .*function-without-keys\.wav/);
    expect(code).toBe(1);
  });

  it.each<[string[], number, RegExp]>([
    [[], 2, /pnpm transcribe FILE/],
    [["a.wav", "b.wav"], 2, /pnpm transcribe FILE/],
    [["--nonsense"], 2, /pnpm transcribe FILE/],
    [["absent.wav"], 1, /There is no file absent.wav/],
    [[join(root, "README.md")], 1, /README.md: Transcribe takes .*\.wav/],
    [[sample, "--language", "english"], 1, /neither a language code/],
  ])("answers %j with exit code %i and what to do", async (args, expected, reason) => {
    const { code, stderr } = await run("cli.ts", ...args);

    expect(stderr).toMatch(reason);
    expect(code).toBe(expected);
  });
});

describe("pnpm demo", () => {
  it("shows both transcripts, each decision with its statement, and a denial in AWS's words", async () => {
    const { code, stdout, stderr } = await run("demo.ts");

    expect(stderr).toBe("");
    const ways = stdout.split(/^\d\. /m).filter((way) => /^POST \/(?:recordings|upload-forms)/.test(way));
    expect(ways).toHaveLength(2);
    for (const way of ways) expect(way).toMatch(/uploaded .*→ completed\n +\d\.\d–\d\.\d +\w+/);
    expect(stdout).toContain("A function carries no keys.");
    for (const sid of [
      "StoreAudio",
      "LetFormsStoreAudio",
      "StartJobsIntoOurBucket",
      "LetOurBucketSend",
      "FindAudio",
    ]) {
      expect(stdout).toContain(sid);
    }
    expect(stdout).toMatch(
      /AccessDenied: User: arn:aws:sts::123456789012:assumed-role\/\S+listRecordings\S+ is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::\S+" because no identity-based policy allows the s3:GetObject action/,
    );
    expect(code).toBe(0);
  });
});
