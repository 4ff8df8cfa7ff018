import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import {
  bodyOf,
  context,
  expectServerError,
  httpEvent,
  problemOf,
  s3Error,
  s3Failures,
  sentCommands,
} from "@voice-notes/core/testing";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { handler } from "./list-recordings.ts";

const s3 = mockClient(S3Client);

const id = "0199a3c2-5f6e-7c3a-9d2b-3f1e5a7c9b1d.en-US.wav";
const otherId = "0199a3c2-5f6f-7c3a-9d2b-3f1e5a7c9b1d.auto.mp3";
const uploadedAt = "2026-11-24T12:00:00.000Z";

const stored = (key: string) => ({ Key: key, Size: 4, LastModified: new Date(uploadedAt) });
const list = (query?: Record<string, string>) => handler(httpEvent(query ? { query } : {}), context);

beforeEach(() => {
  s3.reset();
  s3.on(ListObjectsV2Command).resolves({});
});

describe("listRecordings", () => {
  it("answers the recordings in the order of S3, which is that of their age", async () => {
    s3.on(ListObjectsV2Command).resolves({ Contents: [stored(`audio/${id}`), stored(`audio/${otherId}`)] });

    const answer = await list();

    expect(answer.statusCode).toBe(200);
    expect(bodyOf(answer)).toEqual({
      recordings: [
        { id, language: "en-US", format: "wav", href: `/recordings/${id}`, size: 4, uploadedAt },
        { id: otherId, language: "auto", format: "mp3", href: `/recordings/${otherId}`, size: 4, uploadedAt },
      ],
    });
  });

  it("lists audio/ alone, 100 at a time: the prefix is what its role allows", async () => {
    await list();

    expect(sentCommands(s3)).toEqual([
      ["ListObjectsV2Command", { Bucket: "recordings-bucket", Prefix: "audio/", MaxKeys: 100 }],
    ]);
  });

  it("answers an empty list of an empty bucket", async () => {
    expect(bodyOf(await list())).toEqual({ recordings: [] });
  });

  it("leaves out what is no recording", async () => {
    s3.on(ListObjectsV2Command).resolves({
      Contents: [stored("audio/"), stored("audio/notes.txt"), stored(`audio/${id}`), {}],
    });

    const answer = await list();

    expect(bodyOf(answer).recordings).toMatchObject([{ id }]);
  });

  it("passes S3's token on as next, and back for the page after", async () => {
    s3.on(ListObjectsV2Command).resolves({ Contents: [], NextContinuationToken: "the next page" });
    s3.on(ListObjectsV2Command, { ContinuationToken: "the next page" }).resolves({
      Contents: [stored(`audio/${id}`)],
    });

    const { next } = bodyOf(await list());
    const answer = await list({ next });

    expect(bodyOf(answer)).toMatchObject({ recordings: [{ id }] });
    expect(bodyOf(answer)).not.toHaveProperty("next");
    expect(s3).toHaveReceivedLastCommandWith(ListObjectsV2Command, {
      Bucket: "recordings-bucket",
      Prefix: "audio/",
      ContinuationToken: "the next page",
    });
  });

  it.each([
    ["1", 1],
    ["1000", 1000],
  ])("takes a limit of %s", async (limit, MaxKeys) => {
    await list({ limit });

    expect(s3).toHaveReceivedCommandExactlyOnceWith(ListObjectsV2Command, { MaxKeys });
  });

  it.each(["0", "1001", "-1", "1.5", "ten", "", "1e3"])(
    "answers 400 to a limit of %j, and calls nothing",
    async (limit) => {
      const answer = await list({ limit });

      expect(problemOf(answer)).toMatchObject({ status: 400, detail: expect.stringMatching(/^limit: /) });
      expect(s3).not.toHaveReceivedAnyCommand();
    },
  );

  describe("when S3 answers InvalidArgument", () => {
    const invalidArgument = s3Error("InvalidArgument", 400, "The continuation token provided is incorrect");

    it.each(["no token", ""])("answers 400 to the request that brought the token %j", async (next) => {
      s3.on(ListObjectsV2Command).rejects(invalidArgument);

      const answer = await list({ next });

      expect(problemOf(answer)).toMatchObject({ status: 400, detail: expect.stringMatching(/^next: /) });
    });

    it("answers 500 to a request that brought none: the fault is not the client's", async () => {
      s3.on(ListObjectsV2Command).rejects(invalidArgument);

      const answer = await list();

      expectServerError(answer, 500, invalidArgument);
    });
  });

  describe("when S3 does not list", () => {
    it.each(Object.entries(s3Failures.lasting))("answers 500 to %s", async (_, failure) => {
      s3.on(ListObjectsV2Command).rejects(failure);

      const answer = await list({ next: "a token" });

      expectServerError(answer, 500, failure);
    });

    it.each(Object.entries(s3Failures.temporary))("answers 503 to %s", async (_, failure) => {
      s3.on(ListObjectsV2Command).rejects(failure);

      const answer = await list({ next: "a token" });

      expectServerError(answer, 503, failure);
    });
  });

  it("does not load without RECORDINGS_BUCKET", async () => {
    vi.resetModules();
    vi.stubEnv("RECORDINGS_BUCKET", undefined);

    await expect(import("./list-recordings.ts")).rejects.toThrow("RECORDINGS_BUCKET");
  });
});
