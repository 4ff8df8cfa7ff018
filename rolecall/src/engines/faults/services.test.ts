import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import {
  GetTranscriptionJobCommand,
  InternalFailureException,
  LimitExceededException,
  ListTranscriptionJobsCommand,
  StartTranscriptionJobCommand,
} from "@aws-sdk/client-transcribe";
import { describe, expect, it, vi } from "vitest";
import { placeholderCredentials } from "../../run/testing/credentials.ts";
import { bucket, startFaultyEndpoint } from "./fixtures.ts";

const put = (Key: string, Body: string | Buffer = "sound") =>
  new PutObjectCommand({ Bucket: bucket, Key, Body });
const head = () => new HeadObjectCommand({ Bucket: bucket, Key: "originals/1.wav" });
const start = (name: string) =>
  new StartTranscriptionJobCommand({
    TranscriptionJobName: name,
    Media: { MediaFileUri: `s3://${bucket}/originals/1.wav` },
    LanguageCode: "en-US",
    OutputBucketName: bucket,
  });
const get = (name: string) => new GetTranscriptionJobCommand({ TranscriptionJobName: name });
const list = () => new ListTranscriptionJobsCommand();

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("Amazon S3 under faults", () => {
  it("that throttles answers 503 SlowDown, and stores nothing", async () => {
    await using endpoint = await startFaultyEndpoint({ throttle: 1 });

    const error = await failureOf(endpoint.s3.send(put("originals/2.wav")));

    expect(error).toBeInstanceOf(S3ServiceException);
    expect(error).toMatchObject({
      name: "SlowDown",
      message: "Please reduce your request rate.",
      $metadata: { httpStatusCode: 503, requestId: expect.any(String) },
    });
    expect(await endpoint.objects.head(bucket, "originals/2.wav")).toBeUndefined();
    expect(endpoint.happened).toEqual([
      { fault: "throttle", what: `s3: PUT /${bucket}/originals/2.wav is refused` },
    ]);
    expect([...endpoint.injector.counts]).toEqual([["throttle", 1]]);
  });

  it("that fails answers 500 InternalError, also to a HEAD, which has no words for it", async () => {
    await using endpoint = await startFaultyEndpoint({ errors: 1 });
    const read = new GetObjectCommand({ Bucket: bucket, Key: "originals/1.wav" });

    expect(await failureOf(endpoint.s3.send(read))).toMatchObject({
      name: "InternalError",
      message: "We encountered an internal error. Please try again.",
      $metadata: { httpStatusCode: 500 },
    });
    expect(await failureOf(endpoint.s3.send(head()))).toMatchObject({ $metadata: { httpStatusCode: 500 } });
  });

  it("that fails has carried out about half of the requests that it said so of", async () => {
    await using endpoint = await startFaultyEndpoint({ seed: 1, errors: 1 });

    for (let key = 0; key < 40; key += 1) await failureOf(endpoint.s3.send(put(`originals/${key}`)));

    const stored = await Promise.all(
      Array.from({ length: 40 }, (_, key) => endpoint.objects.head(bucket, `originals/${key}`)),
    );
    const carriedOut = stored.filter((object) => object !== undefined).length;
    expect(carriedOut).toBeGreaterThan(10);
    expect(carriedOut).toBeLessThan(30);
    expect(carriedOut).toBe(endpoint.happened.filter(({ what }) => what.includes("carried out")).length);
  });

  it("refuses a large upload without breaking its connection off", async () => {
    await using endpoint = await startFaultyEndpoint({ throttle: 1 });
    const upload = put("originals/large.wav", Buffer.alloc(32 * 1024 ** 2));

    expect(await failureOf(endpoint.s3.send(upload))).toMatchObject({ name: "SlowDown" });
    expect(await failureOf(endpoint.s3.send(upload))).toMatchObject({ name: "SlowDown" });
  });

  it("that is slow answers right, up to slow-ms late", async () => {
    await using endpoint = await startFaultyEndpoint({ seed: 1, slow: 1, "slow-ms": 80 });
    const before = performance.now();

    await endpoint.s3.send(head());

    const late = Number(/(\d+) ms late/.exec(endpoint.happened[0]?.what ?? "")?.[1]);
    expect(performance.now() - before).toBeGreaterThan(late - 5);
    expect(late).toBeLessThanOrEqual(80);
  });

  it("that is slow answers at once when the run ends", async () => {
    await using endpoint = await startFaultyEndpoint({ slow: 1, "slow-ms": 15_000 });

    const answer = endpoint.s3.send(head());
    await vi.waitUntil(() => endpoint.happened.length === 1, { interval: 1 });
    endpoint.injector.close();

    await expect(answer).resolves.toBeDefined();
  });

  it("is hidden by the SDK's retries, as far as they go", async () => {
    await using endpoint = await startFaultyEndpoint({ seed: 1, errors: 0.3 });
    const patient = new S3Client({
      endpoint: endpoint.url,
      region: "us-east-1",
      credentials: placeholderCredentials,
      forcePathStyle: true,
      maxAttempts: 10,
    });

    for (let key = 0; key < 8; key += 1) await patient.send(put(`originals/${key}`));
    patient.destroy();

    expect(endpoint.injector.counts.get("errors")).toBeGreaterThan(1);
  });
});

describe("Amazon Transcribe under faults", () => {
  it("that throttles answers ThrottlingException or LimitExceededException, and starts nothing", async () => {
    await using endpoint = await startFaultyEndpoint({ seed: 1, throttle: 1 });
    const errors: unknown[] = [];
    for (let job = 0; job < 20; job += 1)
      errors.push(await failureOf(endpoint.transcribe.send(start(String(job)))));

    const limits = errors.filter((error) => error instanceof LimitExceededException);
    const throttled = errors.filter((error) => (error as Error).name === "ThrottlingException");
    expect(limits.length).toBeGreaterThan(3);
    expect(throttled.length).toBeGreaterThan(3);
    expect(limits.length + throttled.length).toBe(20);
    expect(limits[0]).toMatchObject({ message: expect.stringContaining("too many requests") });
    expect(throttled[0]).toMatchObject({ message: "Rate exceeded", $metadata: { httpStatusCode: 400 } });
    await endpoint.jobs.idle();
    expect(endpoint.logged).toEqual([]);
  });

  it("that fails answers InternalFailureException, and the start may have come off all the same", async () => {
    await using endpoint = await startFaultyEndpoint({ seed: 2, errors: 0.5 });
    const outcomes: unknown[] = [];
    for (let job = 0; job < 30; job += 1) {
      const error = await failureOf(endpoint.transcribe.send(start(String(job))));
      if (error) outcomes.push(await failureOf(endpoint.transcribe.send(start(String(job)))));
      if (error) {
        expect(error).toBeInstanceOf(InternalFailureException);
        expect(error).toMatchObject({ $metadata: { httpStatusCode: 500 } });
      }
    }

    // Whoever tries again learns that the name is taken.
    expect(outcomes.some((error) => (error as Error | undefined)?.name === "ConflictException")).toBe(true);
  });

  it("decides for each operation alone: asking more often shifts no start", async () => {
    const starts = async (asksBetween: number) => {
      await using endpoint = await startFaultyEndpoint({ seed: 9, throttle: 0.5 });
      const names: unknown[] = [];
      for (let job = 0; job < 20; job += 1) {
        names.push(
          ((await failureOf(endpoint.transcribe.send(start(String(job))))) as Error | undefined)?.name,
        );
        for (let ask = 0; ask < asksBetween; ask += 1) await failureOf(endpoint.transcribe.send(list()));
      }
      return names;
    };

    expect(await starts(3)).toEqual(await starts(0));
  });

  it("makes jobs fail, with a reason that says on whose behalf", async () => {
    await using endpoint = await startFaultyEndpoint({ "fail-jobs": 1 });

    await endpoint.transcribe.send(start("1"));
    await endpoint.jobs.idle();

    const { TranscriptionJob } = await endpoint.transcribe.send(get("1"));
    expect(TranscriptionJob).toMatchObject({
      TranscriptionJobStatus: "FAILED",
      FailureReason: "The local run was asked to make some jobs fail, and this is one of them.",
    });
    expect([...endpoint.injector.counts]).toEqual([["fail-jobs", 1]]);
  });
});

describe("services without faults", () => {
  it("are those services", async () => {
    await using endpoint = await startFaultyEndpoint({ seed: 1 });

    await endpoint.s3.send(put("originals/2.wav"));
    await endpoint.transcribe.send(start("1"));
    await endpoint.jobs.idle();

    expect((await endpoint.transcribe.send(get("1"))).TranscriptionJob?.TranscriptionJobStatus).toBe(
      "COMPLETED",
    );
    expect(endpoint.happened).toEqual([]);
  });
});
