import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageService } from "rolecall";
import { type LocalAws, recordedTranscripts, type StartOptions, startLocalAws } from "rolecall/run";
import { describe, expect, it, vi } from "vitest";
import { serviceName } from "../../rolecall/src/packaging/service-name.ts";
import { type Api, ApiError, createApi } from "./api.ts";
import { actAs, root } from "./local.ts";
import { recordingsBucket } from "./recordings-bucket.ts";
import { samples } from "./scenarios/samples.ts";
import { holdAnswers } from "./testing/hold-answers.ts";
import { followRecording } from "./transcribe.ts";

const { hold } = await holdAnswers();
const place = { stage: "local", region: "us-east-1" };
const prefix = `${serviceName(root)}_local_`;
const sample = join(root, "samples", "function-without-keys.wav");

/** The service on this machine, in a hurry: short jobs, and what fails comes back after 60 ms instead of ten minutes. */
async function startService(options: Partial<StartOptions>) {
  const log: { readonly line: string; readonly at: number }[] = [];
  const aws = await startLocalAws({
    packaged: await packageService({ root, ...place }),
    ...place,
    recogniser: recordedTranscripts(samples),
    jobDurations: { queued: 5, inProgress: 20 },
    waitFactor: 1e-4,
    log: (line) => log.push({ line, at: performance.now() }),
    ...options,
  });
  actAs(aws.principals.developer);
  hold(aws.api);
  return {
    aws,
    api: createApi(aws.api, place.region),
    /** The jobs that ended: of which recording, how, and when in milliseconds. */
    ended: () =>
      log.flatMap(({ line, at }) => {
        const [, name, status] = /^transcribe: (\S+) (COMPLETED|FAILED)/.exec(line) ?? [];
        return name === undefined ? [] : [{ id: name.slice(prefix.length), status, at }];
      }),
    [Symbol.asyncDispose]: () => aws.close(),
  };
}

/** Everything that is stored has gone its way: no message waits, no job runs, no event is on its way. */
async function settled(aws: LocalAws): Promise<void> {
  const uploads = queue(aws, "uploads");
  await aws.idle();
  await vi.waitUntil(() => uploads.messages().length === 0, { timeout: 50_000, interval: 20 });
  await aws.idle();
}

function queue(aws: LocalAws, name: string) {
  const found = aws.queues.get(`${serviceName(root)}-local-${name}`);
  if (!found) throw new Error(`There is no queue ${name}.`);
  return found;
}

/** Does as a client should: whatever fails on the other side is tried again, soon enough for a test. */
async function persistently<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (attempt === 20 || !(error instanceof ApiError) || error.status < 500) throw error;
    }
  }
}

/** Uploads by body and by form in turn. */
async function upload(api: Api, count: number, atOnce = 8): Promise<string[]> {
  const audio = await readFile(sample);
  const ways = Array.from({ length: count }, (_, number) => (number % 2 === 0 ? byBody : byForm));
  return each(ways, atOnce, (way) => persistently(() => way(api, audio)));
}

/** Does the same to all, to so many at a time. */
async function each<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const waiting = items.values();
  const results: Result[] = [];
  const work = async () => {
    for (const item of waiting) results.push(await act(item));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

async function byBody(api: Api, audio: Buffer<ArrayBuffer>): Promise<string> {
  return (await api.receiveAudio({ audio, mediaType: "audio/wav" })).id;
}

async function byForm(api: Api, audio: Buffer<ArrayBuffer>): Promise<string> {
  const { id, form } = await api.issueUploadForm("audio/wav");
  await persistently(() => api.postForm(form, audio));
  return id;
}

async function allRecordings(api: Api): Promise<string[]> {
  const ids: string[] = [];
  let next: string | undefined;
  do {
    const page = await persistently(() => api.listRecordings({ limit: 100, next }));
    ids.push(...page.recordings.map(({ id }) => id));
    next = page.next;
  } while (next !== undefined);
  return ids;
}

describe("the service, when things go wrong", () => {
  it("brings every recording to its end, by one job each", async () => {
    const faults = {
      seed: 1,
      throttle: 0.1,
      errors: 0.05,
      slow: 0.1,
      "slow-ms": 50,
      duplicate: 0.2,
      reorder: 0.3,
      kill: 0.1,
      "lose-events": 0.2,
      "fail-jobs": 0.1,
    };
    await using service = await startService({ faults });
    const { aws, api } = service;

    const uploaded = await upload(api, 40);
    await settled(aws);

    // An upload whose answer got lost was tried again: there are more recordings than its client knows of.
    const recordings = await allRecordings(api);
    expect(recordings).toEqual(expect.arrayContaining(uploaded));
    const ended = service.ended();
    expect(ended.map(({ id }) => id).toSorted()).toEqual(recordings.toSorted());
    expect(queue(aws, "uploads-dead-letters").messages()).toEqual([]);

    const read = await each(uploaded, 8, (id) => persistently(() => followRecording(api, id)));
    for (const { id, status, transcript, failureReason } of read) {
      expect(status).toBe(ended.find((job) => job.id === id)?.status?.toLowerCase());
      if (status === "failed") expect(failureReason).toMatch(/asked to make some jobs fail/);
      else expect(transcript?.text).toMatch(/^\w+/);
    }
    // Nothing that was asked for stayed out.
    expect([...aws.faults.counts.keys()].toSorted()).toEqual(
      Object.keys(faults)
        .filter((name) => name !== "seed" && name !== "slow-ms")
        .toSorted(),
    );
    expect(aws.faults.seed).toBe(faults.seed);
  });

  it("brings the same faults for the same seed to whoever does the same", async () => {
    const run = async () => {
      const happened: string[] = [];
      await using service = await startService({
        faults: { seed: 4, throttle: 0.2, errors: 0.2, duplicate: 0.3, reorder: 0.3, "lose-events": 0.3 },
        onFault: ({ fault, what }) => happened.push(`${fault}: ${what.replaceAll(/\S*-\S+\.wav/g, "ID")}`),
      });
      for (let recording = 0; recording < 5; recording += 1) {
        await upload(service.api, 1);
        await settled(service.aws);
      }
      return happened;
    };

    const first = await run();

    expect(first.length).toBeGreaterThan(5);
    expect(await run()).toEqual(first);
  });
});

describe("hundreds of recordings at once", () => {
  it("are started within Transcribe's limits, and none is lost, and none comes twice", async () => {
    // The jobs are short, so that more than a few never run at once: that limit is made smaller in turn.
    await using service = await startService({
      transcribeLimits: { concurrentJobs: 20 },
      jobDurations: { queued: 5, inProgress: 300 },
    });
    const { aws, api } = service;

    const uploaded = await upload(api, 300, 60);
    await settled(aws);

    const ended = service.ended();
    expect(ended.map(({ id }) => id).toSorted()).toEqual(uploaded.toSorted());
    expect(ended.every(({ status }) => status === "COMPLETED")).toBe(true);
    expect(queue(aws, "uploads-dead-letters").messages()).toEqual([]);
    for (const id of uploaded)
      expect(await aws.objects.head(recordingsBucket(aws), `transcripts/${id}.json`)).toBeDefined();
    // 25 starts a second, so the last comes more than eleven seconds after the first.
    expect((ended.at(-1)?.at ?? 0) - (ended[0]?.at ?? 0)).toBeGreaterThan(10_000);
  });
});

describe("without faults", () => {
  it("nothing goes wrong, and nothing is counted", async () => {
    await using service = await startService({});

    const [id = ""] = await upload(service.api, 1);
    await settled(service.aws);

    expect((await service.api.readRecording(id)).status).toBe("completed");
    expect(service.aws.faults.counts.size).toBe(0);
  });
});
