import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mediaTypesAccepted, parseRecordingId } from "@voice-notes/core";
import {
  bodyOf,
  context,
  expectServerError,
  type HttpRequest,
  httpEvent,
  problemOf,
  s3Failures,
  sentCommands,
} from "@voice-notes/core/testing";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { handler } from "./receive-audio.ts";

const s3 = mockClient(S3Client);

const audio = Buffer.from("RIFF and so on");
const request: HttpRequest = { headers: { "content-type": "audio/wav" }, body: audio };

const receive = (change: HttpRequest = {}) => handler(httpEvent({ ...request, ...change }), context);

beforeEach(() => {
  s3.reset();
  s3.on(PutObjectCommand).resolves({});
});

describe("receiveAudio", () => {
  it("answers 201 with the recording's Location and stores exactly the body", async () => {
    const event = httpEvent({ headers: { "content-type": "audio/wav" }, body: audio });

    const answer = await handler(event, context);

    const { id } = bodyOf(answer);
    expect(answer).toMatchObject({ statusCode: 201, headers: { location: `/recordings/${id}` } });
    expect(s3).toHaveReceivedCommandExactlyOnceWith(PutObjectCommand, {
      Bucket: "recordings-bucket",
      Key: `audio/${id}`,
      Body: audio,
      ContentType: "audio/wav",
    });
  });

  it("tells the recording's id, language, format and status", async () => {
    const answer = await receive();

    expect(bodyOf(answer)).toEqual({
      id: expect.stringMatching(/\.en-US\.wav$/),
      language: "en-US",
      format: "wav",
      status: "uploaded",
    });
    expect(parseRecordingId(bodyOf(answer).id)).toBeDefined();
  });

  it("sends nothing that would take another right than s3:PutObject, such as tags or an ACL", async () => {
    await receive();

    expect(sentCommands(s3)).toEqual([
      [
        "PutObjectCommand",
        {
          Bucket: "recordings-bucket",
          Key: expect.stringMatching(/^audio\//),
          Body: audio,
          ContentType: "audio/wav",
        },
      ],
    ]);
  });

  it("stores each body as a recording of its own", async () => {
    const [first, second] = [await receive(), await receive()];

    expect(bodyOf(first).id).not.toBe(bodyOf(second).id);
  });

  describe("takes", () => {
    it.each(mediaTypesAccepted)("a body of %s", async (mediaType) => {
      const answer = await receive({ headers: { "content-type": mediaType } });

      expect(answer.statusCode).toBe(201);
      expect(s3).toHaveReceivedCommandExactlyOnceWith(PutObjectCommand, { ContentType: mediaType });
    });

    it("a media type with parameters, in any case, and stores the media type alone", async () => {
      const answer = await receive({ headers: { "content-type": "Audio/OGG; codecs=opus" } });

      expect(bodyOf(answer)).toMatchObject({ format: "ogg" });
      expect(s3).toHaveReceivedCommandExactlyOnceWith(PutObjectCommand, { ContentType: "audio/ogg" });
    });

    it.each(["de-DE", "auto"])("the language %s from the query", async (language) => {
      const answer = await receive({ query: { language } });

      expect(bodyOf(answer)).toMatchObject({ language, id: expect.stringContaining(`.${language}.`) });
    });

    it("exactly 4 MiB", async () => {
      const answer = await receive({ body: Buffer.alloc(4 * 1024 * 1024) });

      expect(answer.statusCode).toBe(201);
    });
  });

  describe("refuses, and calls nothing,", () => {
    const refusals: [string, HttpRequest, { status: number; detail: unknown }][] = [
      [
        "a language that Transcribe does not know",
        { query: { language: "xx-XX" } },
        { status: 400, detail: expect.stringMatching(/^language: /) },
      ],
      [
        "an empty body",
        { body: Buffer.alloc(0) },
        { status: 400, detail: expect.stringContaining("The body is empty") },
      ],
      [
        "one byte more than 4 MiB, naming the way for more",
        { body: Buffer.alloc(4 * 1024 * 1024 + 1) },
        { status: 413, detail: expect.stringContaining("POST /upload-forms") },
      ],
      [
        "a list of media types, of which a browser would take the last",
        { headers: { "content-type": "audio/wav;x, text/html" }, body: Buffer.from("<script></script>") },
        { status: 415, detail: expect.stringContaining("is not accepted") },
      ],
      [
        "a media type that Transcribe does not take, naming those that it does",
        { headers: { "content-type": "image/png" } },
        {
          status: 415,
          detail: expect.stringMatching(/^image\/png is not accepted: send one of audio\/mpeg, /),
        },
      ],
      [
        "a body without a Content-Type",
        { headers: {} },
        { status: 415, detail: expect.stringContaining("Content-Type is missing") },
      ],
      [
        "a body that arrived as text",
        { body: "RIFF and so on" },
        { status: 415, detail: expect.stringContaining("arrived as text") },
      ],
    ];

    it.each(refusals)("%s", async (_, change, problem) => {
      const answer = await receive(change);

      expect(problemOf(answer)).toMatchObject(problem);
      expect(s3).not.toHaveReceivedAnyCommand();
    });

    it("a request without any body", async () => {
      const answer = await handler(httpEvent({ headers: { "content-type": "audio/wav" } }), context);

      expect(problemOf(answer)).toMatchObject({ status: 400 });
      expect(s3).not.toHaveReceivedAnyCommand();
    });
  });

  describe("when S3 does not store the audio", () => {
    it.each(Object.entries(s3Failures.lasting))("answers 500 to %s", async (_, failure) => {
      s3.on(PutObjectCommand).rejects(failure);

      const answer = await receive();

      expectServerError(answer, 500, failure);
    });

    it.each(Object.entries(s3Failures.temporary))("answers 503 to %s", async (_, failure) => {
      s3.on(PutObjectCommand).rejects(failure);

      const answer = await receive();

      expectServerError(answer, 503, failure);
    });
  });

  it.each(["RECORDINGS_BUCKET", "DEFAULT_LANGUAGE"])("does not load without %s", async (variable) => {
    vi.resetModules();
    vi.stubEnv(variable, undefined);

    await expect(import("./receive-audio.ts")).rejects.toThrow(variable);
  });

  it("does not load with a default language that Transcribe does not know", async () => {
    vi.resetModules();
    vi.stubEnv("DEFAULT_LANGUAGE", "english");

    await expect(import("./receive-audio.ts")).rejects.toThrow("DEFAULT_LANGUAGE");
  });
});
