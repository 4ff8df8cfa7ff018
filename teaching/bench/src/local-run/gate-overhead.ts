import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { recordingsBucket } from "@voice-notes/scenarios";
import type { Credentials, LocalAws } from "rolecall/run";
import { median, type Spread, spread } from "../statistics.ts";
import { place } from "../traffic/recorded-run.ts";
import { startBareStore } from "./bare-store.ts";

/** Bytes. */
const objectSize = 1024;

/** Until the code is compiled. */
const roundsToWarmUp = 3;

export interface GateOverhead {
  readonly operation: "PutObject" | "GetObject";
  /** Milliseconds of a call: the medians of the rounds. */
  readonly bareMs: Spread;
  readonly gateMs: Spread;
  /** The median through the gate over that of the bare store, round by round. */
  readonly ratio: Spread;
}

/** One side: a client for each operation, since no one role may do both. */
interface Side {
  readonly put: S3Client;
  readonly get: S3Client;
}

/**
 * What checking the signature, asking IAM and keeping S3's rules add to a call, as its client sees it: the SDK against
 * the local run, and against a store that checks nothing, in turns.
 *
 * @param calls of each operation in a round, one after the other.
 */
export async function measureGateOverhead(
  aws: LocalAws,
  rounds: number,
  calls: number,
): Promise<GateOverhead[]> {
  await using bare = await startBareStore();
  const client = (endpoint: string, credentials: Credentials | undefined) => {
    if (!credentials) throw new Error("serverless.yml has no such function.");
    return new S3Client({
      endpoint,
      region: place.region,
      forcePathStyle: true,
      credentials,
      maxAttempts: 1,
    });
  };
  // Transcripts, for they start no job.
  const { startTranscription, readRecording } = aws.principals;
  const sides = {
    bare: { put: client(bare.url, startTranscription), get: client(bare.url, readRecording) },
    gate: { put: client(aws.endpoint, startTranscription), get: client(aws.endpoint, readRecording) },
  };
  const medians = {
    bare: { put: [] as number[], get: [] as number[] },
    gate: { put: [] as number[], get: [] as number[] },
  };
  try {
    for (let round = -roundsToWarmUp; round < rounds; round += 1) {
      for (const name of round % 2 === 0 ? (["bare", "gate"] as const) : (["gate", "bare"] as const)) {
        const { put, get } = await measureRound(sides[name], recordingsBucket(aws), calls);
        if (round < 0) continue;
        medians[name].put.push(median(put));
        medians[name].get.push(median(get));
      }
    }
  } finally {
    for (const { put, get } of Object.values(sides)) for (const each of [put, get]) each.destroy();
  }
  const compared = (operation: GateOverhead["operation"], which: "put" | "get"): GateOverhead => {
    const bareMs = medians.bare[which];
    const gateMs = medians.gate[which];
    const ratios = gateMs.map((value, round) => value / (bareMs[round] ?? Number.NaN));
    return { operation, bareMs: spread(bareMs), gateMs: spread(gateMs), ratio: spread(ratios) };
  };
  return [compared("PutObject", "put"), compared("GetObject", "get")];
}

async function measureRound({ put, get }: Side, Bucket: string, calls: number) {
  const Body = Buffer.alloc(objectSize, "v");
  const times = { put: [] as number[], get: [] as number[] };
  for (let call = 0; call < calls; call += 1) {
    const Key = `transcripts/${call}.json`;
    const begin = performance.now();
    await put.send(new PutObjectCommand({ Bucket, Key, Body }));
    const between = performance.now();
    const { Body: body } = await get.send(new GetObjectCommand({ Bucket, Key }));
    await body?.transformToByteArray();
    times.put.push(between - begin);
    times.get.push(performance.now() - between);
  }
  return times;
}
