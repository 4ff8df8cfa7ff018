import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import {
  ConflictException,
  StartTranscriptionJobCommand,
  TranscribeClient,
} from "@aws-sdk/client-transcribe";
import {
  badRequest,
  context,
  emittedMetrics,
  logged,
  notificationTest,
  s3Failures,
  sentCommands,
  transcribeFailures,
  uploadNotification,
  uploadsEvent,
} from "@voice-notes/core/testing";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { handler } from "./start-transcription.ts";

const s3 = mockClient(S3Client);
const transcribe = mockClient(TranscribeClient);

const id = "0199a3c2-5f6e-7c3a-9d2b-3f1e5a7c9b1d.en-US.wav";
const otherId = "0199a3c2-5f6f-7c3a-9d2b-3f1e5a7c9b1d.de-DE.mp3";
const upload = uploadNotification(`audio/${id}`);

const cannotStart = {
  namespace: "voice-notes",
  dimensions: [{ service: "voice-notes-test" }],
  name: "RecordingCannotStart",
  unit: "Count",
  value: 1,
};

/** Transcribe's words for an object that is gone, and for one that it may not read. */
const unreadable = badRequest(
  "The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your request again.",
);

const start = (...messages: string[]) => handler(uploadsEvent(...messages), context);
const done = { batchItemFailures: [] };
const goesBack = (...messageIds: string[]) => ({
  batchItemFailures: messageIds.map((itemIdentifier) => ({ itemIdentifier })),
});

beforeEach(() => {
  s3.reset();
  transcribe.reset();
  transcribe.on(StartTranscriptionJobCommand).resolves({});
});

describe("startTranscription", () => {
  it("starts a job that reads the audio and writes the transcript, and asks for nothing else", async () => {
    const answer = await start(upload);

    expect(answer).toEqual(done);
    expect(sentCommands(transcribe, s3)).toEqual([
      [
        "StartTranscriptionJobCommand",
        {
          TranscriptionJobName: `voice-notes_test_${id}`,
          Media: { MediaFileUri: `s3://recordings-bucket/audio/${id}` },
          MediaFormat: "wav",
          LanguageCode: "en-US",
          OutputBucketName: "recordings-bucket",
          OutputKey: `transcripts/${id}.json`,
        },
      ],
    ]);
    expect(logged("info")).toMatchObject([{ message: "transcription started", recordingId: id }]);
  });

  it("has the language identified, and names none, for a recording in auto", async () => {
    await start(uploadNotification("audio/0199a3c2-5f6e-7c3a-9d2b-3f1e5a7c9b1d.auto.mp3"));

    const [[, input] = []] = sentCommands(transcribe);
    expect(input).toMatchObject({ IdentifyLanguage: true, MediaFormat: "mp3" });
    expect(input).not.toHaveProperty("LanguageCode");
  });

  it("starts a job for every recording of a message", async () => {
    const answer = await start(uploadNotification(`audio/${id}`, `audio/${otherId}`));

    expect(answer).toEqual(done);
    expect(transcribe).toHaveReceivedCommandTimes(StartTranscriptionJobCommand, 2);
    for (const one of [id, otherId]) {
      expect(transcribe).toHaveReceivedCommandWith(StartTranscriptionJobCommand, {
        TranscriptionJobName: `voice-notes_test_${one}`,
      });
    }
  });

  it("passes over S3's test message", async () => {
    const answer = await start(notificationTest);

    expect(answer).toEqual(done);
    expect(transcribe).not.toHaveReceivedAnyCommand();
  });

  it("is done when the job is there already: the message came twice", async () => {
    transcribe.on(StartTranscriptionJobCommand).rejects(
      new ConflictException({
        message: "The requested job name already exists. Use a different job name.",
        $metadata: { httpStatusCode: 400 },
      }),
    );

    const answer = await start(upload);

    expect(answer).toEqual(done);
    expect(emittedMetrics()).toEqual([]);
    expect(logged("error")).toEqual([]);
  });

  describe("in a batch", () => {
    it("gives back the messages that failed and no other", async () => {
      const answer = await start(upload, "poison", notificationTest);

      expect(answer).toEqual(goesBack("message-2"));
    });

    it("starts the others though one must wait", async () => {
      transcribe
        .on(StartTranscriptionJobCommand, { TranscriptionJobName: `voice-notes_test_${id}` })
        .rejects(transcribeFailures.temporary.ThrottlingException);

      const answer = await start(upload, uploadNotification(`audio/${otherId}`));

      expect(answer).toEqual(goesBack("message-1"));
      expect(transcribe).toHaveReceivedCommandWith(StartTranscriptionJobCommand, {
        TranscriptionJobName: `voice-notes_test_${otherId}`,
      });
    });

    it("gives back every message when all failed, instead of throwing", async () => {
      const answer = await start("poison", "more poison");

      expect(answer).toEqual(goesBack("message-1", "message-2"));
    });

    it("forgets the failures of the batch before", async () => {
      await start("poison");

      const answer = await start(upload);

      expect(answer).toEqual(done);
    });
  });

  describe("when Transcribe is busy or away", () => {
    it.each(Object.entries(transcribeFailures.temporary))(
      "lets the message wait in the queue, and alarms nobody, after %s",
      async (_, failure) => {
        transcribe.on(StartTranscriptionJobCommand).rejects(failure);

        const answer = await start(upload);

        expect(answer).toEqual(goesBack("message-1"));
        expect(emittedMetrics()).toEqual([]);
        expect(logged("error")).toEqual([]);
        expect(logged("info")).toMatchObject([
          {
            message: "recording waits for Transcribe",
            messageId: "message-1",
            error: { message: failure.message },
          },
        ]);
      },
    );
  });

  describe("when the job can never start as things are, gives the message back and alarms", () => {
    async function expectAlarm(failure: { message: string }) {
      const answer = await start(upload);

      expect(answer).toEqual(goesBack("message-1"));
      expect(emittedMetrics()).toEqual([cannotStart]);
      expect(logged("error")).toMatchObject([
        {
          message: "recording cannot start",
          messageId: "message-1",
          error: { message: failure.message },
        },
      ]);
    }

    it.each(Object.entries(transcribeFailures.lasting))("after %s", async (_, failure) => {
      transcribe.on(StartTranscriptionJobCommand).rejects(failure);

      await expectAlarm(failure);
    });

    it.each([
      ["may not read the audio", unreadable],
      [
        "may not write the transcript",
        badRequest(
          "The specified S3 bucket can't be accessed. Make sure you have write permission on the bucket and try your request again.",
        ),
      ],
      [
        "misses the language",
        badRequest(
          "The language code is missing. Either add a language code or turn on language identification.",
        ),
      ],
    ])("after a BadRequestException while the audio is there: Transcribe %s", async (_, failure) => {
      transcribe.on(StartTranscriptionJobCommand).rejects(failure);
      s3.on(ListObjectsV2Command).resolves({ Contents: [{ Key: `audio/${id}` }] });

      await expectAlarm(failure);
    });

    it.each(Object.entries(s3Failures.lasting))(
      "after %s when it asks S3 whether the audio is there",
      async (_, failure) => {
        transcribe.on(StartTranscriptionJobCommand).rejects(unreadable);
        s3.on(ListObjectsV2Command).rejects(failure);

        await expectAlarm(failure);
      },
    );

    it.each([
      ["that is not JSON", "not JSON"],
      ["that is not S3's", '{"hello":"world"}'],
      ["of a key that is no recording's", uploadNotification("audio/notes.txt")],
      ["of a key outside audio/", uploadNotification(`transcripts/${id}.json`)],
      ["of a key that nobody can decode", '{"Records":[{"s3":{"object":{"key":"audio/%E0%A4%A"}}}]}'],
    ])("for a message %s, without a call", async (_, poison) => {
      const answer = await start(poison);

      expect(answer).toEqual(goesBack("message-1"));
      expect(emittedMetrics()).toEqual([cannotStart]);
      expect(logged("error")).toMatchObject([{ message: "recording cannot start", messageId: "message-1" }]);
      expect(sentCommands(transcribe, s3)).toEqual([]);
    });

    it("also when another recording of the message only has to wait", async () => {
      transcribe
        .on(StartTranscriptionJobCommand)
        .rejectsOnce(transcribeFailures.temporary.ThrottlingException)
        .rejects(transcribeFailures.lasting.AccessDeniedException);

      const answer = await start(uploadNotification(`audio/${id}`, `audio/${otherId}`));

      expect(answer).toEqual(goesBack("message-1"));
      expect(emittedMetrics()).toEqual([cannotStart]);
    });

    it("once for each message", async () => {
      await start("poison", "more poison");

      expect(emittedMetrics()).toEqual([cannotStart, cannotStart]);
    });
  });

  describe("when Transcribe cannot read the audio", () => {
    it("is done if S3 lists none: the recording was deleted while its message waited", async () => {
      transcribe.on(StartTranscriptionJobCommand).rejects(unreadable);
      s3.on(ListObjectsV2Command).resolves({});

      const answer = await start(upload);

      expect(answer).toEqual(done);
      expect(s3).toHaveReceivedCommandExactlyOnceWith(ListObjectsV2Command, {
        Bucket: "recordings-bucket",
        Prefix: `audio/${id}`,
        MaxKeys: 1,
      });
      expect(emittedMetrics()).toEqual([]);
      expect(logged("info")).toMatchObject([
        { message: "recording was deleted before its transcription", recordingId: id },
      ]);
    });

    it.each(Object.entries(s3Failures.temporary))(
      "lets the message wait in the queue, and alarms nobody, if S3 answers %s",
      async (_, failure) => {
        transcribe.on(StartTranscriptionJobCommand).rejects(unreadable);
        s3.on(ListObjectsV2Command).rejects(failure);

        const answer = await start(upload);

        expect(answer).toEqual(goesBack("message-1"));
        expect(emittedMetrics()).toEqual([]);
        expect(logged("error")).toEqual([]);
      },
    );
  });

  it.each(["RECORDINGS_BUCKET", "JOB_NAME_PREFIX"])("does not load without %s", async (variable) => {
    vi.resetModules();
    vi.stubEnv(variable, undefined);

    await expect(import("./start-transcription.ts")).rejects.toThrow(variable);
  });
});
