import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectRetentionCommand, S3Client } from "@aws-sdk/client-s3";
import { packageService } from "rolecall";
import { changedPackage, policyOf } from "rolecall/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actAs, root, withLocalRun } from "./local.ts";
import { recordingsBucket } from "./recordings-bucket.ts";
import { transcribeFile } from "./transcribe.ts";
import { failureReport } from "./trouble.ts";

const sample = join(root, "samples", "function-without-keys.wav");

describe("somebody who changes a right is told at once what it was needed for", () => {
  let original: string;
  let temporary: string;

  beforeAll(async () => {
    original = await packageService({ root, stage: "local", region: "us-east-1" });
    temporary = await mkdtemp(join(tmpdir(), "trouble-test-"));
  }, 120_000);
  afterAll(() => rm(temporary, { recursive: true, force: true }));

  /** The packaged service, but for one statement of one role. */
  const without = (role: string, sid: string) =>
    changedPackage(original, temporary, (resources) => {
      const policy = policyOf(resources, role);
      const rest = policy.Statement.filter(({ Sid }: { Sid: string }) => Sid !== sid);
      expect(rest).toHaveLength(policy.Statement.length - 1);
      policy.Statement = rest;
    });

  const transcribeWithout = (role: string, sid: string) =>
    withLocalRun(
      ({ api }) => transcribeFile(api, sample),
      () => without(role, sid),
    );

  it.each([
    ["ReceiveAudio", "StoreAudio", "receiveAudio was denied:", "s3:PutObject"],
    [
      "StartTranscription",
      "StartJobsIntoOurBucket",
      "startTranscription was denied:",
      "transcribe:StartTranscriptionJob",
    ],
    [
      "StartTranscription",
      "LetTranscribeReadAudio",
      "startTranscription was denied what transcribe asked on its behalf:",
      "s3:GetObject",
    ],
    [
      "StartTranscription",
      "LetTranscribeWriteTranscripts",
      "startTranscription was denied what transcribe asked on its behalf:",
      "s3:PutObject",
    ],
    ["ReadRecording", "FindAudio", "readRecording was denied:", "s3:ListBucket"],
    ["ReadRecording", "ReadStatus", "readRecording was denied:", "transcribe:GetTranscriptionJob"],
    ["ReportOutcome", "WriteOwnLogs", "reportOutcome was denied:", "logs:CreateLogStream"],
  ])("%s without %s", async (role, sid, who, action) => {
    const ended = await transcribeWithout(role, sid).then(
      () => "nothing was said",
      (error: Error) => error.message,
    );

    expect(ended).toContain(who);
    expect(ended).toContain(`is not authorized to perform: ${action}`);
    expect(ended).toContain(`see functions.${who.split(" ")[0]}.iamRoleStatements in serverless.yml`);
  });

  it("ends at a call that the local run does not imitate, which a function may take for a passing error", async () => {
    const ended = withLocalRun(
      async ({ aws }) => {
        actAs(aws.principals.receiveAudio);
        const s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region });
        const key = { Bucket: recordingsBucket(aws), Key: "audio/any.wav" };
        await s3.send(new GetObjectRetentionCommand(key)).catch(() => {});
        await new Promise(() => {});
      },
      async () => original,
    );

    await expect(ended).rejects.toThrow("The local run does not imitate GetObjectRetention");
  });

  it("ends also at a failure that is no denial", () => {
    const error = {
      level: "ERROR",
      message: "recording cannot start",
      error: { name: "Error", message: "why" },
    };

    expect(failureReport("startTranscription", JSON.stringify(error))).toBe(
      "startTranscription: ERROR recording cannot start error=Error: why",
    );
    expect(failureReport("one", 'Init Error\t{"errorType":"Error"}')).toContain("one: Init Error");
  });

  it("takes a job that Transcribe failed for the outcome that it is", () => {
    const outcome = { level: "ERROR", message: "transcription failed", reason: "silence" };

    expect(failureReport("reportOutcome", JSON.stringify(outcome))).toBeUndefined();
    expect(failureReport("one", "plain text")).toBeUndefined();
  });
});
