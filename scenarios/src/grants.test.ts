import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  DeleteTranscriptionJobCommand,
  GetTranscriptionJobCommand,
  ListTranscriptionJobsCommand,
  StartTranscriptionJobCommand,
  type StartTranscriptionJobCommandInput,
  TranscribeClient,
} from "@aws-sdk/client-transcribe";
import { packageService } from "rolecall";
import { type LocalAws, recordedTranscripts, startLocalAws } from "rolecall/run";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serviceName } from "../../rolecall/src/packaging/service-name.ts";
import { actAs, root } from "./local.ts";
import { recordingsBucket } from "./recordings-bucket.ts";
import { samples } from "./scenarios/samples.ts";

/*
 * Every function's own credentials try everything that any function does, and some more, over HTTP against the running
 * service. What works is exactly what the table of grants says; all the rest is AWS's denial.
 */

const service = serviceName(root);
const place = { stage: "local", region: "us-east-1" };
const id = "01900000-0000-7000-8000-000000000000.en-US.wav";
const ownJob = { TranscriptionJobName: `${service}_local_${id}` };
const othersJob = { TranscriptionJobName: `${service}_local2_${id}` };

interface Clients {
  readonly s3: S3Client;
  readonly transcribe: TranscribeClient;
  readonly bucket: string;
}

const put = (Key: string) => (c: Clients) =>
  c.s3.send(new PutObjectCommand({ Bucket: c.bucket, Key, Body: "x" }));
const get = (Key: string) => (c: Clients) => c.s3.send(new GetObjectCommand({ Bucket: c.bucket, Key }));
const head = (Key: string) => (c: Clients) => c.s3.send(new HeadObjectCommand({ Bucket: c.bucket, Key }));
const remove = (Key: string) => (c: Clients) => c.s3.send(new DeleteObjectCommand({ Bucket: c.bucket, Key }));
const list = (Prefix?: string) => (c: Clients) =>
  c.s3.send(new ListObjectsV2Command({ Bucket: c.bucket, ...(Prefix && { Prefix }) }));
const start = (change: (bucket: string) => Partial<StartTranscriptionJobCommandInput>) => (c: Clients) =>
  c.transcribe.send(
    new StartTranscriptionJobCommand({
      TranscriptionJobName: `${service}_local_${crypto.randomUUID()}`,
      Media: { MediaFileUri: `s3://${c.bucket}/audio/${id}` },
      LanguageCode: "en-US",
      ...change(c.bucket),
    }),
  );

const attempts = {
  "store audio": put(`audio/${id}`),
  "store a transcript": put("transcripts/any.json"),
  "store anything else": put("any.txt"),
  "read audio": get(`audio/${id}`),
  "ask for audio's head": head(`audio/${id}`),
  "read a transcript": get(`transcripts/${id}.json`),
  "read anything else": get("kept/any.txt"),
  "delete audio": remove("audio/absent.wav"),
  "delete a transcript": remove("transcripts/absent.json"),
  "delete anything else": remove("absent.txt"),
  "list audio": list("audio/"),
  "list one recording": list(`audio/${id}`),
  "list transcripts": list("transcripts/"),
  "list the bucket": list(),
  "start a job into our bucket": start((bucket) => ({
    OutputBucketName: bucket,
    OutputKey: `transcripts/${id}.json`,
  })),
  "start a job into another bucket": start(() => ({
    OutputBucketName: "another-bucket",
    OutputKey: "x.json",
  })),
  "start a job into the service's bucket": start(() => ({})),
  "start a job with tags": start((bucket) => ({
    OutputBucketName: bucket,
    OutputKey: `transcripts/${id}.json`,
    Tags: [{ Key: "a", Value: "b" }],
  })),
  "read our job": (c: Clients) => c.transcribe.send(new GetTranscriptionJobCommand(ownJob)),
  "read another stage's job": (c: Clients) => c.transcribe.send(new GetTranscriptionJobCommand(othersJob)),
  "list jobs": (c: Clients) => c.transcribe.send(new ListTranscriptionJobsCommand({})),
  "delete our job": (c: Clients) => c.transcribe.send(new DeleteTranscriptionJobCommand(ownJob)),
  "delete another stage's job": (c: Clients) =>
    c.transcribe.send(new DeleteTranscriptionJobCommand(othersJob)),
} as const satisfies Record<string, (clients: Clients) => Promise<unknown>>;

type Attempt = keyof typeof attempts;

/** Who may do what. Of everything here, a function without a line may do nothing. */
const grants: Record<string, readonly Attempt[]> = {
  receiveAudio: ["store audio"],
  issueUploadForm: ["store audio"],
  startTranscription: [
    "store a transcript",
    "read audio",
    "ask for audio's head",
    "list audio",
    "list one recording",
    "start a job into our bucket",
  ],
  reportOutcome: [],
  listRecordings: ["list audio", "list one recording"],
  readRecording: [
    "read audio",
    "ask for audio's head",
    "read a transcript",
    "list audio",
    "list one recording",
    "read our job",
  ],
  deleteRecording: ["delete audio", "delete a transcript", "delete our job"],
  developer: [],
};

describe("with a function's own credentials", () => {
  let aws: LocalAws;

  beforeAll(async () => {
    const packaged = await packageService({ root, ...place });
    aws = await startLocalAws({ packaged, ...place, recogniser: recordedTranscripts(samples) });
    for (const key of [`audio/${id}`, `transcripts/${id}.json`, "kept/any.txt"]) {
      await aws.objects.put(recordingsBucket(aws), key, Buffer.from("x"));
    }
  }, 120_000);
  afterAll(() => aws?.close());

  it.each(Object.entries(grants))(
    "%s may do what it was granted and nothing else: %j",
    async (name, granted) => {
      expect(await allowedTo(name)).toEqual(granted);
    },
  );

  it("whoever has no line in the table may do none of it", async () => {
    for (const name of Object.keys(aws.principals).filter((one) => !(one in grants)))
      expect(await allowedTo(name), `${name}: add what it may do to grants in this file`).toEqual([]);
  });

  async function allowedTo(name: string): Promise<string[]> {
    actAs(aws.principals[name]);
    const connection = { endpoint: aws.endpoint, region: aws.region, maxAttempts: 1 };
    const clients = {
      s3: new S3Client(connection),
      transcribe: new TranscribeClient(connection),
      bucket: recordingsBucket(aws),
    };
    try {
      const allowed: string[] = [];
      for (const [attempt, act] of Object.entries(attempts)) {
        if (await isAllowed(act(clients))) allowed.push(attempt);
      }
      return allowed;
    } finally {
      clients.s3.destroy();
      clients.transcribe.destroy();
    }
  }

  it("startTranscription cannot have a transcript written outside transcripts/: Transcribe says so, not IAM", async () => {
    actAs(aws.principals.startTranscription);
    const transcribe = new TranscribeClient({ endpoint: aws.endpoint, region: aws.region });
    const astray = start((bucket) => ({ OutputBucketName: bucket, OutputKey: "audio/astray.json" }));

    const answer = astray({ s3: new S3Client(), transcribe, bucket: recordingsBucket(aws) });

    await expect(answer).rejects.toMatchObject({
      name: "BadRequestException",
      message: expect.stringContaining("write permission"),
    });
    transcribe.destroy();
  });
});

/** Whether IAM let the call through; what the service then made of it is another matter. */
async function isAllowed(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    const isHeadDenial = name === "Unknown" && $metadata?.httpStatusCode === 403;
    if (name === "AccessDenied" || name === "AccessDeniedException" || isHeadDenial) return false;
    if (name === "BadRequestException") return true;
    throw error;
  }
}
