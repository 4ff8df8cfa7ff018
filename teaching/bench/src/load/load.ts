import { setTimeout as sleep } from "node:timers/promises";
import { packageService } from "rolecall";
import type { Bench, Report } from "../bench.ts";
import { checkInvariants, requireAll } from "../traffic/invariants.ts";
import { withoutStatement } from "../traffic/policies.ts";
import {
  place,
  type RecordedRun,
  startRecordedRun,
  type TranscribeAsOnAws,
  transcribeOnAws,
} from "../traffic/recorded-run.ts";
import { resultOf } from "../traffic/result.ts";
import { uploadAll } from "../traffic/uploads.ts";
import { drainChart, loadTables } from "./tables.ts";

/** The burst drains within minutes, and one machine still keeps up. */
const speed = 10;

const recordings = 10_000;

const paceSeconds = 20;

export const load: Bench = {
  name: "load",
  title: "Load",
  seconds: 210,
  async run({ root, onProgress }): Promise<Report> {
    const packaged = await packageService({ root, ...place });
    const burst = await measureBurst({
      packaged,
      transcribe: transcribeOnAws,
      speed,
      recordings,
      onProgress: ({ uploaded, queued, done }) =>
        onProgress(`${uploaded} of ${recordings} uploaded, ${queued} in the queue, ${done} transcribed …`),
    });
    onProgress(`the pace at AWS's own clock, ${paceSeconds} seconds …`);
    const pace = await measurePace(packaged, paceSeconds);
    return {
      conditions: `Node ${process.version}, ${process.platform} ${process.arch}, one run of ${recordings} recordings, ${speed} times faster than on AWS`,
      tables: loadTables(burst, pace),
      charts: [drainChart(burst)],
      data: { burst, pace },
    };
  },
};

/** Where a burst stands. */
export interface Moment {
  /** Seconds on this machine since the first upload. */
  readonly second: number;
  readonly uploaded: number;
  /** Messages in the uploads queue, hidden ones too. */
  readonly queued: number;
  readonly running: number;
  readonly done: number;
  /** Bytes of the process that is the local run and its client. */
  readonly rss: number;
}

export interface Burst {
  readonly transcribe: TranscribeAsOnAws;
  readonly speed: number;
  readonly recordings: number;
  /** Jobs that ended. */
  readonly jobs: number;
  /** How often startTranscription started one, as it logs. */
  readonly starts: number;
  /** How often a start was refused even after the SDK's attempts, so that its message went back to the queue. */
  readonly waits: number;
  readonly deadLetters: number;
  /** Seconds on this machine. */
  readonly uploadSeconds: number;
  /** From when the queue was let go, until the last job had ended. */
  readonly drainSeconds: number;
  /** Until nineteen of twenty jobs had ended. */
  readonly mostDrainedSeconds: number;
  readonly timeline: readonly Moment[];
}

export interface BurstOptions {
  readonly packaged: string;
  readonly transcribe: TranscribeAsOnAws;
  readonly speed: number;
  readonly recordings: number;
  readonly onProgress?: (moment: Moment) => void;
}

/** Milliseconds between two looks at a run. */
const interval = 250;

/**
 * Uploads a burst of recordings and waits until the last is transcribed. No job starts before nearly all are uploaded,
 * as if they all had come at once.
 *
 * @throws Error when an invariant does not hold at the end, or the number of jobs is not that of the recordings.
 */
export async function measureBurst(options: BurstOptions): Promise<Burst> {
  const { packaged, transcribe, speed, recordings, onProgress = () => {} } = options;
  await using run = await startRecordedRun({ packaged, transcribe, speed });
  // S3's test message is to be handled and gone.
  await run.settled();

  const timeline: Moment[] = [];
  const begin = performance.now();
  let uploaded = 0;
  const look = () => {
    const moment = momentOf(run, uploaded, (performance.now() - begin) / 1000);
    timeline.push(moment);
    onProgress(moment);
  };
  const looking = new AbortController();
  const looks = lookRepeatedly(look, looking.signal);
  try {
    const { acknowledged, letGo } = await uploadAtOnce(run, recordings, () => {
      uploaded += 1;
    });
    const uploadSeconds = (letGo - begin) / 1000;
    await run.settled();
    looking.abort();
    await looks;
    look();

    const result = await resultOf(run, acknowledged, Math.ceil(recordings / 100));
    requireAll(checkInvariants(result));
    if (result.jobs.length !== recordings || run.started.length !== recordings) {
      throw new Error(
        `${recordings} recordings came to ${run.started.length} starts and ${result.jobs.length} jobs.`,
      );
    }
    const drained = (share: number) =>
      (timeline.find(({ done }) => done >= share * recordings)?.second ?? Number.NaN) - uploadSeconds;
    return {
      transcribe,
      speed,
      recordings,
      jobs: result.jobs.length,
      starts: run.started.length,
      waits: run.waits,
      deadLetters: result.deadLetters.length,
      uploadSeconds,
      drainSeconds: drained(1),
      mostDrainedSeconds: drained(0.95),
      timeline,
    };
  } finally {
    looking.abort();
  }
}

/**
 * Uploads recordings while startTranscription may not poll, and lets it go before the last of them: as if all had come
 * at once.
 *
 * @returns the ids, and when it was let go, by `performance.now()`.
 */
async function uploadAtOnce(run: RecordedRun, recordings: number, onUploaded: () => void) {
  const release = withoutStatement(run.aws, "startTranscription", "PollQueue");
  const acknowledged = await uploadAll(run, { count: recordings - 1, onUploaded });
  release();
  const letGo = performance.now();
  // Lambda's poller looks again when something comes.
  acknowledged.push(...(await uploadAll(run, { count: 1, onUploaded })));
  return { acknowledged, letGo };
}

export interface Pace {
  /** Seconds that it was looked at. */
  readonly seconds: number;
  readonly startsPerSecond: number;
  /** How many messages went back to the queue meanwhile, of a hundred that were tried. */
  readonly percentBack: number;
}

/** How many jobs a second startTranscription comes to start from a full queue, at AWS's own clock. */
async function measurePace(packaged: string, seconds: number): Promise<Pace> {
  await using run = await startRecordedRun({ packaged, transcribe: transcribeOnAws, speed: 1 });
  await run.settled();
  await uploadAtOnce(run, 2 * seconds * transcribeOnAws.startsPerSecond, () => {});
  // Not from the first start on: those find the second's quota unused.
  while (run.started.length < transcribeOnAws.startsPerSecond) await sleep(interval);
  const before = { started: run.started.length, waits: run.waits };
  await sleep(1000 * seconds);
  const starts = run.started.length - before.started;
  const back = run.waits - before.waits;
  return { seconds, startsPerSecond: starts / seconds, percentBack: (100 * back) / (starts + back) };
}

async function lookRepeatedly(look: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    look();
    await sleep(interval, undefined, { signal }).catch(() => {});
  }
}

function momentOf({ uploads, started, ended }: RecordedRun, uploaded: number, second: number): Moment {
  return {
    second,
    uploaded,
    queued: uploads.messages().length,
    running: Math.max(0, started.length - ended.length),
    done: ended.length,
    rss: process.memoryUsage.rss(),
  };
}
