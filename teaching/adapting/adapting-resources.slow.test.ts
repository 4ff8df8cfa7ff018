import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../rolecall/src/proof/until.ts";
import { createApi } from "../../scenarios/src/api.ts";
import { copyProject, environment, readSection, runInstalled, runScript, write } from "./adapting-page.ts";

const viaS3 = ["--context", "kms:ViaService=s3.us-east-1.amazonaws.com"];

describe("with the table, the topic and the key of docs/adding-resources.md", { timeout: 120_000 }, () => {
  let copy: string;
  /** What the page shows as printed. */
  let shown: readonly string[];

  beforeAll(async () => {
    const { text, pieces } = await readSection("adding-resources.md", "Adding a resource");
    shown = [...text.matchAll(/^```text\n(.*?)\n```$/gms)].map(([, words = ""]) => words);
    copy = await copyProject();
    await write(copy, pieces);
  });

  afterAll(async () => {
    await rm(copy, { recursive: true, force: true });
  });

  /** The page has what was printed, but for what it leaves out with an `…`. */
  function expectShown(printed: string): void {
    const patterns = shown.map((words) => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", ".*"));
    expect(printed).toMatch(new RegExp(`(${patterns.join("|")})$`, "m"));
  }

  it("types fit", async () => {
    expect(await runInstalled(copy, "typescript/bin/tsc", "--noEmit")).toEqual({ code: 0, output: "" });
  });

  it("the service packages, pnpm run permissions shows each statement, and the lint finds nothing", async () => {
    const { code, output } = await runScript(copy, "permissions");

    for (const statement of [
      "ReadTitle +Allow dynamodb:GetItem",
      "TellOutcome +Allow sns:Publish",
      "RefuseWithoutTls +Deny anyone: sns:Publish",
      "EncryptAudio +Allow kms:GenerateDataKey",
      "LetFormsEncryptAudio +Allow kms:GenerateDataKey",
      "LetTranscribeUseTheKey +Allow kms:Decrypt, kms:GenerateDataKey",
      "DecryptTranscriptAndAudio +Allow kms:Decrypt",
    ]) {
      expect(output).toMatch(new RegExp(`^ +${statement} `, "m"));
    }
    expect(output).toMatch(/no findings$/);
    expect(code).toBe(0);
  });

  it.each([
    [0, "ReadTitle", ["readRecording", "dynamodb:GetItem", "TitlesTable"]],
    [1, "", ["readRecording", "dynamodb:Scan", "TitlesTable"]],
    [0, "TellOutcome", ["reportOutcome", "sns:Publish", "OutcomesTopic"]],
    [
      1,
      "RefuseWithoutTls",
      ["reportOutcome", "sns:Publish", "OutcomesTopic", "--context", "aws:SecureTransport=false"],
    ],
    [0, "EncryptAudio", ["receiveAudio", "kms:GenerateDataKey", "RecordingsKey", ...viaS3]],
    [1, "kms:ViaService", ["receiveAudio", "kms:GenerateDataKey", "RecordingsKey"]],
    [1, "", ["receiveAudio", "kms:Decrypt", "RecordingsKey", ...viaS3]],
  ])("pnpm explain exits with %i and names %j: %j", async (code, named, question) => {
    const explained = await runScript(copy, "explain", ...question);

    expect(explained.output).toContain(named);
    expect(explained.code).toBe(code);
  });

  describe("the local run", () => {
    let running: ChildProcess;
    let printed = "";
    let started: Started;

    beforeAll(async () => {
      const cli = join(copy, "rolecall", "src", "cli", "main.ts");
      running = spawn(process.execPath, [cli, "start", "--json"], { cwd: copy, env: environment() });
      running.stderr?.on("data", (chunk) => {
        printed += chunk;
      });
      const lines = createInterface({ input: running.stdout as NonNullable<ChildProcess["stdout"]> });
      const ended = once(running, "exit").then(() => Promise.reject(new Error(printed)));
      const [line] = await Promise.race([once(lines, "line"), ended]);
      started = JSON.parse(line);
    }, 120_000);

    afterAll(async () => {
      if (running?.exitCode !== null) return;
      const ended = once(running, "exit");
      running.kill();
      await ended;
    });

    it("starts, and notes what it does not imitate in the words of the page", () => {
      expectShown(printed);
    });

    it("refuses a call in the words of the page", async () => {
      const response = await fetch(started.endpoint, {
        method: "POST",
        headers: {
          authorization:
            "AWS4-HMAC-SHA256 Credential=key/20261124/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
          "x-amz-target": "DynamoDB_20120810.GetItem",
        },
      });
      const { message } = (await response.json()) as { message: string };

      expectShown(message);
    });

    it("refuses a job that is told a key, in the words of the page", async () => {
      const { api, region, principals } = started;
      const asDeveloper = createApi(api, region, async () => principals.developer);

      await asDeveloper.receiveAudio({ audio: Buffer.from("RIFF"), mediaType: "audio/wav" });
      await until("startTranscription is refused", () => printed.includes("OutputEncryptionKMSKeyId"));

      const [message = ""] = /The local run does not imitate .*/.exec(printed) ?? [];
      expectShown(message);
    });
  });
});

interface Started {
  readonly api: string;
  readonly endpoint: string;
  readonly region: string;
  readonly principals: { readonly developer: { accessKeyId: string; secretAccessKey: string } };
}
