import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import {
  GetTranscriptionJobCommand,
  NotFoundException,
  TranscribeClient,
  type TranscriptionJob,
} from "@aws-sdk/client-transcribe";
import {
  badRequest,
  bodyOf,
  context,
  expectServerError,
  httpEvent,
  logged,
  noSuchJob,
  objectBody,
  problemOf,
  s3Error,
  s3Failures,
  sentCommands,
  transcribeFailures,
} from "@voice-notes/core/testing";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { handler } from "./read-recording.ts";

const s3 = mockClient(S3Client);
const transcribe = mockClient(TranscribeClient);

const id = "0199a3c2-5f6e-7c3a-9d2b-3f1e5a7c9b1d.en-US.wav";
const uploadedAt = "2026-11-24T12:00:00.000Z";
const audio = { Key: `audio/${id}`, Size: 4, LastModified: new Date(uploadedAt) };

const read = (path: Record<string, string> = { id }) => handler(httpEvent({ path }), context);

function thereIsAJob(job: TranscriptionJob) {
  transcribe
    .on(GetTranscriptionJobCommand)
    .resolves({ TranscriptionJob: { CreationTime: new Date("2026-11-24T12:00:02Z"), ...job } });
}

function thereIsATranscript(document: unknown) {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  s3.on(GetObjectCommand).resolves({ Body: objectBody(text) });
}

beforeEach(() => {
  s3.reset();
  transcribe.reset();
  s3.on(ListObjectsV2Command).resolves({ Contents: [audio] });
  thereIsAJob({ TranscriptionJobStatus: "IN_PROGRESS" });
});

describe("readRecording", () => {
  it("looks for the one object and the one job, and at nothing else while there is no transcript", async () => {
    await read();

    expect(sentCommands(s3, transcribe)).toEqual([
      ["ListObjectsV2Command", { Bucket: "recordings-bucket", Prefix: `audio/${id}`, MaxKeys: 1 }],
      ["GetTranscriptionJobCommand", { TranscriptionJobName: `voice-notes_test_${id}` }],
    ]);
  });

  it("answers a recording that is being transcribed", async () => {
    const answer = await read();

    expect(answer.statusCode).toBe(200);
    expect(bodyOf(answer)).toEqual({
      id,
      language: "en-US",
      format: "wav",
      status: "transcribing",
      size: 4,
      uploadedAt,
      audio: { href: expect.any(String), expiresAt: expect.any(String) },
      audioIsNewer: false,
    });
  });

  it("answers queued for a job that Transcribe queues", async () => {
    thereIsAJob({ TranscriptionJobStatus: "QUEUED" });

    expect(bodyOf(await read())).toMatchObject({ status: "queued" });
  });

  it("answers failed, with Transcribe's reason", async () => {
    thereIsAJob({ TranscriptionJobStatus: "FAILED", FailureReason: "The audio is empty." });

    expect(bodyOf(await read())).toMatchObject({ status: "failed", failureReason: "The audio is empty." });
  });

  it("answers the language that Transcribe identified", async () => {
    thereIsAJob({ TranscriptionJobStatus: "IN_PROGRESS", IdentifyLanguage: true, LanguageCode: "de-DE" });
    const auto = id.replace("en-US", "auto");
    s3.on(ListObjectsV2Command).resolves({ Contents: [{ ...audio, Key: `audio/${auto}` }] });

    expect(bodyOf(await read({ id: auto }))).toMatchObject({ id: auto, language: "de-DE" });
  });

  describe("answers uploaded while there is no job, which Transcribe says", () => {
    it.each([
      ["by BadRequestException", noSuchJob],
      ["by NotFoundException", new NotFoundException({ message: "No such job", $metadata: {} })],
    ])("%s", async (_, missing) => {
      transcribe.on(GetTranscriptionJobCommand).rejects(missing);

      const body = bodyOf(await read());

      expect(body).toMatchObject({ status: "uploaded", language: "en-US" });
      expect(body).not.toHaveProperty("audioIsNewer");
      expect(body).not.toHaveProperty("transcript");
      expect(logged("error")).toEqual([]);
    });
  });

  describe("once the job is completed", () => {
    beforeEach(() => {
      thereIsAJob({ TranscriptionJobStatus: "COMPLETED" });
    });

    it("answers the transcript, its times as seconds", async () => {
      thereIsATranscript({
        jobName: `voice-notes_test_${id}`,
        accountId: "123456789012",
        status: "COMPLETED",
        results: {
          transcripts: [{ transcript: "Buy milk. Call Ada." }],
          items: [],
          audio_segments: [
            { id: 0, transcript: "Buy milk.", start_time: "0.0", end_time: "1.25", items: [] },
            { id: 1, transcript: "Call Ada.", start_time: "1.5", end_time: "2.75", items: [] },
          ],
        },
      });

      const answer = await read();

      expect(bodyOf(answer)).toMatchObject({
        status: "completed",
        transcript: {
          text: "Buy milk. Call Ada.",
          segments: [
            { start: 0, end: 1.25, text: "Buy milk." },
            { start: 1.5, end: 2.75, text: "Call Ada." },
          ],
        },
      });
      expect(s3).toHaveReceivedCommandExactlyOnceWith(GetObjectCommand, {
        Bucket: "recordings-bucket",
        Key: `transcripts/${id}.json`,
      });
    });

    it("answers a transcript without segments, as of a recording in which nobody speaks", async () => {
      thereIsATranscript({ results: { transcripts: [{ transcript: "" }], items: [] } });

      expect(bodyOf(await read())).toMatchObject({ transcript: { text: "", segments: [] } });
    });

    it.each(["not JSON", "{}", '{"results":{"transcripts":"text"}}'])(
      "answers 500 for a document that is not Transcribe's: %s",
      async (document) => {
        thereIsATranscript(document);

        const answer = await read();

        expect(problemOf(answer)).toMatchObject({ status: 500, detail: "The function's log says why." });
        expect(logged("error")).toHaveLength(1);
      },
    );

    it("answers 500 when S3 answers no body", async () => {
      s3.on(GetObjectCommand).resolves({});

      const answer = await read();

      expectServerError(answer, 500, new Error("S3 answered without a body."));
    });

    it.each(Object.entries({ ...s3Failures.lasting, NoSuchKey: s3Error("NoSuchKey", 404) }))(
      "answers 500 when S3 answers %s for the transcript",
      async (_, failure) => {
        s3.on(GetObjectCommand).rejects(failure);

        const answer = await read();

        expectServerError(answer, 500, failure);
      },
    );

    it.each(["AccessDenied", "NoSuchKey"])(
      "answers 404 when S3 answers %s for the transcript because the recording was deleted meanwhile",
      async (name) => {
        s3.on(GetObjectCommand).rejects(s3Error(name, name === "NoSuchKey" ? 404 : 403));
        s3.on(ListObjectsV2Command)
          .resolvesOnce({ Contents: [audio] })
          .resolves({});

        const answer = await read();

        expect(problemOf(answer)).toMatchObject({ status: 404 });
        expect(logged("error")).toEqual([]);
      },
    );

    it.each(Object.entries(s3Failures.temporary))(
      "answers 503 when S3 answers %s for the transcript",
      async (_, failure) => {
        s3.on(GetObjectCommand).rejects(failure);

        const answer = await read();

        expectServerError(answer, 503, failure);
      },
    );
  });

  describe("says whether the audio is newer than its job", () => {
    it.each([
      ["2026-11-24T12:00:01Z", false],
      ["2026-11-24T12:00:02Z", false],
      ["2026-11-24T12:00:03Z", true],
    ])("uploaded at %s, for a job of 12:00:02: %s", async (time, audioIsNewer) => {
      s3.on(ListObjectsV2Command).resolves({ Contents: [{ ...audio, LastModified: new Date(time) }] });

      expect(bodyOf(await read())).toMatchObject({ audioIsNewer });
    });
  });

  it("links to the audio for 15 minutes, signed as its role with the role's session token", async () => {
    vi.setSystemTime("2026-11-24T12:00:00Z");

    const { audio } = bodyOf(await read());

    const link = new URL(audio.href);
    expect(link.origin + link.pathname).toBe(
      `https://recordings-bucket.s3.us-east-1.amazonaws.com/audio/${id}`,
    );
    expect(Object.fromEntries(link.searchParams)).toMatchObject({
      "X-Amz-Date": "20261124T120000Z",
      "X-Amz-Expires": "900",
      "X-Amz-Security-Token": "no-session-token",
      "x-id": "GetObject",
    });
    expect(audio.expiresAt).toBe("2026-11-24T12:15:00.000Z");
  });

  it("has the link answer the audio as audio to be saved, whatever it was uploaded as", async () => {
    const { searchParams } = new URL(bodyOf(await read()).audio.href);

    expect(searchParams.get("response-content-type")).toBe("audio/wav");
    expect(searchParams.get("response-content-disposition")).toBe(`attachment; filename="${id}"`);
  });

  it.each([
    ["nothing", []],
    ["only a key that goes on where the id ends", [{ ...audio, Key: `audio/${id}.bak` }]],
  ])("answers 404 when S3 lists %s", async (_, Contents) => {
    s3.on(ListObjectsV2Command).resolves({ Contents });

    const answer = await read();

    expect(problemOf(answer)).toMatchObject({ status: 404 });
    expect(s3).not.toHaveReceivedCommand(GetObjectCommand);
  });

  it.each([{}, { id: "" }, { id: "notes" }, { id: `../transcripts/${id}` }, { id: `${id}.json` }])(
    "answers 400 to %j, which names no recording, and calls nothing",
    async (path) => {
      const answer = await read(path);

      expect(problemOf(answer)).toMatchObject({ status: 400, detail: expect.stringMatching(/^id: /) });
      expect(sentCommands(s3, transcribe)).toEqual([]);
    },
  );

  describe("when S3 does not say whether the audio is there", () => {
    it.each(Object.entries(s3Failures.lasting))("answers 500 to %s, never 404", async (_, failure) => {
      s3.on(ListObjectsV2Command).rejects(failure);

      const answer = await read();

      expectServerError(answer, 500, failure);
    });

    it.each(Object.entries(s3Failures.temporary))("answers 503 to %s", async (_, failure) => {
      s3.on(ListObjectsV2Command).rejects(failure);

      const answer = await read();

      expectServerError(answer, 503, failure);
    });
  });

  describe("when Transcribe does not tell of the job", () => {
    it.each(
      Object.entries({
        ...transcribeFailures.lasting,
        "a BadRequestException of another kind": badRequest("1 validation error detected"),
      }),
    )("answers 500 to %s", async (_, failure) => {
      transcribe.on(GetTranscriptionJobCommand).rejects(failure);

      const answer = await read();

      expectServerError(answer, 500, failure);
    });

    it.each(Object.entries(transcribeFailures.temporary))("answers 503 to %s", async (_, failure) => {
      transcribe.on(GetTranscriptionJobCommand).rejects(failure);

      const answer = await read();

      expectServerError(answer, 503, failure);
    });
  });

  it.each(["RECORDINGS_BUCKET", "JOB_NAME_PREFIX"])("does not load without %s", async (variable) => {
    vi.resetModules();
    vi.stubEnv(variable, undefined);

    await expect(import("./read-recording.ts")).rejects.toThrow(variable);
  });
});
