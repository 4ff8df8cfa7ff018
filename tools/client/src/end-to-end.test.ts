import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type LocalAws, recordedTranscripts, startLocalAws } from "@voice-notes/local-aws";
import { packageService } from "@voice-notes/permissions";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { serviceName } from "../../../resources/service-name.ts";
import { type Api, ApiError, createApi } from "./api.ts";
import { actAs, root } from "./local.ts";
import { followRecording, transcribeFile } from "./transcribe.ts";

const place = { stage: "local", region: "us-east-1" };
/** Whatever engine this machine has, these tests know the words. */
const recogniser = recordedTranscripts();
const sampleFile = (name: string) => join(root, "samples", `${name}.wav`);

interface Sample {
  readonly sentences: readonly { readonly text: string }[];
}
async function spokenIn(name: string): Promise<string[]> {
  const { sentences } = JSON.parse(await readFile(join(root, "samples", `${name}.json`), "utf8")) as Sample;
  return sentences.map(({ text }) => text);
}

/** A sample that says something else than its recorded transcript: one byte of its sound differs. */
async function changedSample(): Promise<Buffer<ArrayBuffer>> {
  const audio = await readFile(sampleFile("deny-always-wins"));
  audio[audio.length - 1] = (audio.at(-1) ?? 0) ^ 1;
  return audio;
}

describe("the packaged service, run with IAM enforced", () => {
  let aws: LocalAws;
  let api: Api;
  const logs: { who: string; line: string }[] = [];

  beforeAll(async () => {
    const packaged = await packageService({ root, ...place });
    aws = await startLocalAws({
      packaged,
      ...place,
      recogniser,
      onFunctionLog: (who, line) => logs.push({ who, line }),
    });
    actAs(aws.principals.developer);
    api = createApi(aws.api, place.region);
  }, 120_000);
  afterAll(() => aws?.close());

  const denials = () => aws.decisions.filter(({ decision }) => decision.outcome !== "allowed");

  it.each([
    ["function-without-keys", "body"],
    ["deny-always-wins", "form"],
  ] as const)("transcribes %s, uploaded as a %s, without a single denial", async (name, way) => {
    const before = denials().length;

    const recording = await transcribeFile(api, sampleFile(name), { way });

    expect(recording).toMatchObject({
      status: "completed",
      language: "en-US",
      format: "wav",
      audioIsNewer: false,
    });
    expect(recording.transcript?.text).toBe((await spokenIn(name)).join(" "));
    expect(recording.transcript?.segments.map(({ text }) => text)).toEqual(await spokenIn(name));
    expect(denials().slice(before)).toEqual([]);
  });

  it("links to the very audio that was uploaded", async () => {
    const recording = await transcribeFile(api, sampleFile("read-is-not-list"));

    const response = await fetch(recording.audio.href);

    expect(response.headers.get("content-type")).toBe("audio/wav");
    expect(Buffer.from(await response.arrayBuffer())).toEqual(await readFile(sampleFile("read-is-not-list")));
  });

  it("deletes a recording with its job and transcript, and twice is no error", async () => {
    const { id } = await transcribeFile(api, sampleFile("function-without-keys"));

    await api.deleteRecording(id);
    await api.deleteRecording(id);

    await expect(api.readRecording(id)).rejects.toMatchObject({ status: 404 });
    expect((await api.listRecordings()).recordings.map((recording) => recording.id)).not.toContain(id);
    expect(await aws.objects.head(aws.bucket, `transcripts/${id}.json`)).toBeUndefined();
  });

  it("lists all recordings, page after page, each once", async () => {
    const uploaded = [];
    for (let count = 0; count < 3; count += 1) {
      uploaded.push((await api.receiveAudio({ audio: Buffer.from("RIFF"), mediaType: "audio/wav" })).id);
    }

    const listed: string[] = [];
    let next: string | undefined;
    do {
      const page = await api.listRecordings({ limit: 2, next });
      expect(page.recordings.length).toBeLessThanOrEqual(2);
      listed.push(...page.recordings.map(({ id }) => id));
      next = page.next;
    } while (next !== undefined);

    expect(listed).toEqual(expect.arrayContaining(uploaded));
    expect(new Set(listed).size).toBe(listed.length);
  });

  it("says why audio that nobody can hear failed, to the client, the log and the metrics", async () => {
    const { id } = await api.receiveAudio({ audio: await changedSample(), mediaType: "audio/wav" });

    const recording = await followRecording(api, id);
    await aws.idle();

    expect(recording).toMatchObject({ status: "failed", failureReason: expect.stringMatching(/samples/) });
    const lines = logs
      .filter(({ who, line }) => who === "reportOutcome" && line.includes(id))
      .map(({ line }) => line);
    expect(lines).toEqual([expect.stringContaining("transcription failed")]);
    expect(
      logs.some(({ who, line }) => who === "reportOutcome" && line.includes('"TranscriptionFailed":1')),
    ).toBe(true);
  });

  it("tells when a form was posted again after its transcript was made", async () => {
    const { id, form } = await api.issueUploadForm("audio/wav");
    await api.postForm(form, await readFile(sampleFile("function-without-keys")));
    await followRecording(api, id);
    // S3 counts in seconds, so the second upload has to come in a later one than the job.
    await new Promise((resolve) => setTimeout(resolve, 1100));

    await api.postForm(form, await readFile(sampleFile("deny-always-wins")));
    await aws.idle();

    expect(await api.readRecording(id)).toMatchObject({ status: "completed", audioIsNewer: true });
  });

  it("an upload form cannot write outside its one key, nor another media type", async () => {
    const { form } = await api.issueUploadForm("audio/wav");
    const audio = Buffer.from("RIFF");

    for (const changed of [
      { key: "audio/another.wav" },
      { key: "transcripts/x.json" },
      { "Content-Type": "text/html" },
    ]) {
      const post = api.postForm({ ...form, fields: { ...form.fields, ...changed } }, audio);
      await expect(post).rejects.toMatchObject({
        status: 403,
        message: expect.stringContaining("Policy Condition failed"),
      });
    }
  });

  it("an unsigned request gets no further than the API", async () => {
    const response = await fetch(`${aws.api}/recordings`);

    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ message: "Forbidden" });
  });

  it("a function's own credentials may not call the API", async () => {
    actAs(aws.principals.readRecording);
    try {
      await expect(createApi(aws.api, place.region).listRecordings()).rejects.toEqual(
        new ApiError(403, "GET /recordings answered 403: Forbidden"),
      );
    } finally {
      actAs(aws.principals.developer);
    }
  });

  it.each([
    [400, "POST", "/recordings?language=xx", "audio/wav", "RIFF"],
    [415, "POST", "/recordings", "text/plain", "hello"],
    [415, "POST", "/recordings", "application/json", "{}"],
    [400, "POST", "/upload-forms", "application/json", "{"],
    [400, "GET", "/recordings/nonsense", undefined, undefined],
    [404, "GET", "/recordings/01900000-0000-7000-8000-000000000000.en-US.wav", undefined, undefined],
  ])("answers %i with a problem to %s %s (%s)", async (status, method, path, contentType, body) => {
    const response = await api.call(method, path, {
      ...(contentType && { headers: { "content-type": contentType } }),
      ...(body && { body }),
    });

    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ status, type: "about:blank", title: expect.any(String) });
  });

  it("sends whoever brings more than 4 MiB to the upload forms, and takes exactly 4 MiB", async () => {
    const audio = Buffer.alloc(4 * 1024 * 1024);
    await expect(api.receiveAudio({ audio, mediaType: "audio/wav" })).resolves.toMatchObject({
      status: "uploaded",
    });

    const tooMuch = api.receiveAudio({ audio: Buffer.alloc(audio.length + 1), mediaType: "audio/wav" });
    await expect(tooMuch).rejects.toMatchObject({
      status: 413,
      message: expect.stringContaining("/upload-forms"),
    });
  });
});

describe("while a job runs", () => {
  it("a recording says so, and is not deleted: 409, and nothing is touched", async () => {
    const packaged = await packageService({ root, ...place });
    const aws = await startLocalAws({
      packaged,
      ...place,
      recogniser,
      jobDurations: { queued: 10, inProgress: 60_000 },
    });
    try {
      actAs(aws.principals.developer);
      const api = createApi(aws.api, place.region);
      const { id } = await api.receiveAudio({
        audio: await readFile(sampleFile("deny-always-wins")),
        mediaType: "audio/wav",
      });
      await vi.waitUntil(async () => (await api.readRecording(id)).status === "transcribing", {
        timeout: 10_000,
      });

      await expect(api.deleteRecording(id)).rejects.toMatchObject({ status: 409 });

      expect(await api.readRecording(id)).toMatchObject({ status: "transcribing" });
      expect(await aws.objects.head(aws.bucket, `audio/${id}`)).toBeDefined();
    } finally {
      await aws.close();
    }
  });
});

describe("what becomes of a message in the uploads queue", () => {
  let aws: LocalAws;
  let logs: string[];
  const queue = (name: string) => {
    const found = aws.queues.get(`${serviceName(root)}-local-${name}`);
    if (!found) throw new Error(`There is no queue ${name}.`);
    return found;
  };
  /** S3's notification of a recording, as far as the function reads it. */
  const notification = (id: string) =>
    JSON.stringify({ Records: [{ s3: { object: { key: `audio/${id}` } } }] });
  const jobsStarted = () =>
    aws.decisions.filter(
      ({ action, decision }) => action.endsWith(":StartTranscriptionJob") && decision.outcome === "allowed",
    );

  beforeAll(async () => {
    const packaged = await packageService({ root, ...place });
    // What fails comes back a million times sooner than in ten minutes.
    aws = await startLocalAws({
      packaged,
      ...place,
      recogniser,
      waitFactor: 1e-6,
      onFunctionLog: (who, line) => who === "startTranscription" && logs.push(line),
    });
    await aws.idle();
  }, 120_000);
  beforeEach(() => {
    logs = [];
  });
  afterAll(() => aws?.close());

  it("came twice: one job, and nothing is left", async () => {
    const id = "01900000-0000-7000-8000-000000000001.en-US.wav";
    await aws.objects.put(aws.bucket, `audio/${id}`, await readFile(sampleFile("deny-always-wins")));
    await aws.idle();

    queue("uploads").send(notification(id), "s3.amazonaws.com");
    await vi.waitUntil(() => queue("uploads").messages().length === 0);

    expect(jobsStarted()).toHaveLength(2);
    expect(logs.filter((line) => line.includes("transcription started"))).toHaveLength(1);
    expect(queue("uploads-dead-letters").messages()).toEqual([]);
  });

  it("its recording was deleted meanwhile: no failure", async () => {
    queue("uploads").send(notification("01900000-0000-7000-8000-000000000002.en-US.wav"), "s3.amazonaws.com");
    await vi.waitUntil(() => queue("uploads").messages().length === 0);
    await aws.idle();

    expect(logs).toEqual([expect.stringContaining("deleted before its transcription")]);
    expect(queue("uploads-dead-letters").messages()).toEqual([]);
  });

  it("can never succeed: said at its first failure, a dead letter in the end, and no other waits for it", async () => {
    queue("uploads").send("no notification", "s3.amazonaws.com");
    await aws.idle();
    expect(logs.filter((line) => line.includes('"RecordingCannotStart":1')).length).toBeGreaterThan(0);

    const id = "01900000-0000-7000-8000-000000000003.en-US.wav";
    await aws.objects.put(aws.bucket, `audio/${id}`, await readFile(sampleFile("deny-always-wins")));
    await vi.waitUntil(() => logs.some((line) => line.includes("transcription started")));

    await vi.waitUntil(() => queue("uploads-dead-letters").messages().length === 1, { timeout: 30_000 });
    expect(queue("uploads-dead-letters").messages()).toMatchObject([{ body: "no notification" }]);
    expect(queue("uploads").messages()).toEqual([]);
  });
});
