import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  DeleteTranscriptionJobCommand,
  NotFoundException,
  TranscribeClient,
} from "@aws-sdk/client-transcribe";
import {
  badRequest,
  context,
  expectServerError,
  httpEvent,
  logged,
  noSuchJob,
  problemOf,
  s3Failures,
  sentCommands,
  transcribeFailures,
} from "@voice-notes/core/testing";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { handler } from "./delete-recording.ts";

const s3 = mockClient(S3Client);
const transcribe = mockClient(TranscribeClient);

const id = "0199a3c2-5f6e-7c3a-9d2b-3f1e5a7c9b1d.en-US.wav";
const audio = { Bucket: "recordings-bucket", Key: `audio/${id}` };
const transcript = { Bucket: "recordings-bucket", Key: `transcripts/${id}.json` };

const remove = (path: Record<string, string> = { id }) => handler(httpEvent({ path }), context);

beforeEach(() => {
  s3.reset();
  s3.on(DeleteObjectCommand).resolves({});
  transcribe.reset();
  transcribe.on(DeleteTranscriptionJobCommand).resolves({});
});

describe("deleteRecording", () => {
  it("answers 204 and deletes the job, then the transcript, then the audio", async () => {
    const answer = await remove();

    expect(answer).toEqual({ statusCode: 204 });
    expect(sentCommands(transcribe, s3)).toEqual([
      ["DeleteTranscriptionJobCommand", { TranscriptionJobName: `voice-notes_test_${id}` }],
      ["DeleteObjectCommand", transcript],
      ["DeleteObjectCommand", audio],
    ]);
  });

  it.each([
    ["BadRequestException", noSuchJob],
    ["NotFoundException", new NotFoundException({ message: "No such job", $metadata: {} })],
  ])("deletes transcript and audio when there is no job, which Transcribe says by %s", async (_, missing) => {
    transcribe.on(DeleteTranscriptionJobCommand).rejects(missing);

    const answer = await remove();

    expect(answer.statusCode).toBe(204);
    expect(sentCommands(s3)).toEqual([
      ["DeleteObjectCommand", transcript],
      ["DeleteObjectCommand", audio],
    ]);
    expect(logged("error")).toEqual([]);
  });

  it("takes back a job that a waiting message started meanwhile, and its transcript", async () => {
    transcribe.on(DeleteTranscriptionJobCommand).rejectsOnce(noSuchJob).resolves({});

    const answer = await remove();

    expect(answer.statusCode).toBe(204);
    expect(sentCommands(transcribe, s3).map(([name]) => name)).toEqual([
      "DeleteTranscriptionJobCommand",
      "DeleteObjectCommand",
      "DeleteObjectCommand",
      "DeleteTranscriptionJobCommand",
      "DeleteObjectCommand",
    ]);
    expect(sentCommands(s3).at(-1)).toEqual(["DeleteObjectCommand", transcript]);
  });

  it("answers 409 when such a job still runs, so that the caller comes again", async () => {
    transcribe
      .on(DeleteTranscriptionJobCommand)
      .rejectsOnce(noSuchJob)
      .rejects(badRequest("The transcription job can't be deleted while it is in progress."));

    expect(problemOf(await remove())).toMatchObject({ status: 409 });
  });

  it("answers 204 again when everything is gone", async () => {
    transcribe.on(DeleteTranscriptionJobCommand).resolvesOnce({}).rejects(noSuchJob);

    const [first, second] = [await remove(), await remove()];

    expect([first.statusCode, second.statusCode]).toEqual([204, 204]);
  });

  it("answers 409 while the job runs, and deletes nothing: the job would write its transcript later", async () => {
    transcribe
      .on(DeleteTranscriptionJobCommand)
      .rejects(badRequest("The transcription job can't be deleted while it is in progress."));

    const answer = await remove();

    expect(problemOf(answer)).toMatchObject({ status: 409, title: "Conflict" });
    expect(s3).not.toHaveReceivedAnyCommand();
  });

  it.each([{}, { id: "" }, { id: "notes" }, { id: `../transcripts/${id}` }])(
    "answers 400 to %j, which names no recording, and calls nothing",
    async (path) => {
      const answer = await remove(path);

      expect(problemOf(answer)).toMatchObject({ status: 400, detail: expect.stringMatching(/^id: /) });
      expect(sentCommands(transcribe, s3)).toEqual([]);
    },
  );

  describe("when Transcribe does not delete the job, deletes nothing and", () => {
    it.each(Object.entries(transcribeFailures.lasting))("answers 500 to %s", async (_, failure) => {
      transcribe.on(DeleteTranscriptionJobCommand).rejects(failure);

      const answer = await remove();

      expectServerError(answer, 500, failure);
      expect(s3).not.toHaveReceivedAnyCommand();
    });

    it.each(Object.entries(transcribeFailures.temporary))("answers 503 to %s", async (_, failure) => {
      transcribe.on(DeleteTranscriptionJobCommand).rejects(failure);

      const answer = await remove();

      expectServerError(answer, 503, failure);
      expect(s3).not.toHaveReceivedAnyCommand();
    });
  });

  describe("when S3 does not delete the transcript, keeps the audio and", () => {
    it.each(Object.entries(s3Failures.lasting))("answers 500 to %s", async (_, failure) => {
      s3.on(DeleteObjectCommand, transcript).rejects(failure);

      const answer = await remove();

      expectServerError(answer, 500, failure);
      expect(s3).toHaveReceivedCommandExactlyOnceWith(DeleteObjectCommand, transcript);
    });

    it.each(Object.entries(s3Failures.temporary))("answers 503 to %s", async (_, failure) => {
      s3.on(DeleteObjectCommand, transcript).rejects(failure);

      const answer = await remove();

      expectServerError(answer, 503, failure);
      expect(s3).toHaveReceivedCommandExactlyOnceWith(DeleteObjectCommand, transcript);
    });
  });

  it("answers 500 when S3 does not delete the audio, so that nobody takes it for deleted", async () => {
    const denied = s3Failures.lasting.AccessDenied as Error;
    s3.on(DeleteObjectCommand, audio).rejects(denied);

    const answer = await remove();

    expectServerError(answer, 500, denied);
  });

  it.each(["RECORDINGS_BUCKET", "JOB_NAME_PREFIX"])("does not load without %s", async (variable) => {
    vi.resetModules();
    vi.stubEnv(variable, undefined);

    await expect(import("./delete-recording.ts")).rejects.toThrow(variable);
  });
});
