import { packageService } from "rolecall";
import type { Faults } from "rolecall/run";
import { changedPackage } from "rolecall/testing";
import type { Bench, Report } from "../bench.ts";
import { type CheckedInvariant, checkInvariants, type RunResult, requireAll } from "../traffic/invariants.ts";
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
import { faultsTables } from "./tables.ts";

/** Times faster than on AWS: a message that goes back comes again after six seconds. */
const speed = 100;

const recordings = 1000;
const seeds = 3;

/** Of the recordings that wait for a grant to come back. */
const brokenRecordings = 50;

/** Receives before a message is a dead letter: a thousand, as serverless.yml has it, would be a thousand invocations each. */
const receivesOfBroken = 5;

/** What goes wrong, from 0 (never) to 1 (every time). */
export const rates = {
  throttle: 0.1,
  errors: 0.05,
  duplicate: 0.1,
  reorder: 0.3,
  kill: 0.05,
  "lose-events": 0.05,
  "fail-jobs": 0.05,
} as const satisfies Faults;

export const faults: Bench = {
  name: "faults",
  title: "Faults",
  seconds: 150,
  async run({ root, temporary, rounds = seeds, onProgress }): Promise<Report> {
    const packaged = await packageService({ root, ...place });
    const runs: FaultyRun[] = [];
    for (let seed = 1; seed <= rounds; seed += 1) {
      onProgress(`${recordings} recordings, seed ${seed} of ${rounds} …`);
      runs.push(await runWithFaults({ packaged, recordings, seed, speed, transcribe: transcribeOnAws }));
    }
    onProgress(`${brokenRecordings} recordings that may not be read …`);
    const broken = await runWithoutGrant({
      packaged: await givingUpAfter(receivesOfBroken, packaged, temporary),
      recordings: brokenRecordings,
      speed,
      transcribe: transcribeOnAws,
    });
    requireAll([...runs, broken.before, broken.after].flatMap(({ invariants }) => invariants));
    return {
      conditions: `Node ${process.version}, ${process.platform} ${process.arch}, ${rounds} seeds of ${recordings} recordings, ${speed} times faster than on AWS`,
      tables: faultsTables(runs, broken),
      charts: [],
      data: { rates, runs, broken },
    };
  },
};

export interface FaultyRun {
  readonly seed: number;
  /** How often each fault happened. */
  readonly happened: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  /** More than were acknowledged: an upload whose answer was lost is tried again, and stays. */
  readonly stored: number;
  readonly completed: number;
  readonly failed: number;
  readonly deadLetters: number;
  /** How often a message went back, as Transcribe was busy. */
  readonly waits: number;
  readonly invariants: readonly CheckedInvariant[];
}

export interface FaultsOptions {
  readonly packaged: string;
  readonly recordings: number;
  readonly speed: number;
  readonly transcribe: TranscribeAsOnAws;
}

/** Uploads recordings while things go wrong, waits until all has come to rest, and looks whether what must hold does. */
export async function runWithFaults(options: FaultsOptions & { readonly seed: number }): Promise<FaultyRun> {
  const { recordings, seed } = options;
  await using run = await startRecordedRun({ ...options, faults: { ...rates, seed } });
  const acknowledged = await uploadAll(run, { count: recordings });
  await run.settled();
  const result = await resultOf(run, acknowledged, 1);
  return {
    seed,
    happened: Object.fromEntries(run.aws.faults.counts),
    acknowledged: acknowledged.length,
    stored: result.stored.length,
    ...outcomes(result),
    deadLetters: result.deadLetters.length,
    waits: run.waits,
    invariants: checkInvariants(result),
  };
}

const outcomes = ({ jobs }: RunResult) => ({
  completed: jobs.filter(({ status }) => status === "COMPLETED").length,
  failed: jobs.filter(({ status }) => status === "FAILED").length,
});

export interface BrokenGrantRun {
  readonly recordings: number;
  readonly receiveCount: number;
  /** The texts that the log has for the dead letters, each once. */
  readonly causes: readonly string[];
  /** While the grant is away. */
  readonly before: { readonly deadLetters: number; readonly invariants: readonly CheckedInvariant[] };
  /** When it is back, and the dead letters were given back to their queue. */
  readonly after: {
    readonly redriven: number;
    readonly completed: number;
    readonly deadLetters: number;
    readonly invariants: readonly CheckedInvariant[];
  };
}

/**
 * Uploads recordings while startTranscription lacks a grant, so that each message becomes a dead letter; then mends the
 * grant and gives them back.
 */
export async function runWithoutGrant(options: FaultsOptions): Promise<BrokenGrantRun> {
  const { recordings } = options;
  await using run = await startRecordedRun(options);
  const mend = withoutStatement(run.aws, "startTranscription", "LetTranscribeReadAudio");
  const acknowledged = await uploadAll(run, { count: recordings });
  await run.settled();
  const before = await resultOf(run, acknowledged, 1);

  mend();
  const redriven = run.deadLetters.redrive();
  await run.settled();
  const after = await resultOf(run, acknowledged, 1);
  return {
    recordings,
    receiveCount: receiveCountOf(run),
    causes: [...new Set(before.deadLetters.map(({ cause }) => cause ?? ""))],
    before: { deadLetters: before.deadLetters.length, invariants: checkInvariants(before) },
    after: {
      redriven,
      completed: outcomes(after).completed,
      deadLetters: after.deadLetters.length,
      invariants: checkInvariants(after),
    },
  };
}

const receiveCountOf = ({ uploads }: RecordedRun) => uploads.spec.redrive?.maxReceiveCount ?? 0;

/**
 * A copy of a package whose queue gives a message up sooner.
 *
 * @param temporary the folder for the copy.
 */
export function givingUpAfter(receives: number, packaged: string, temporary: string): Promise<string> {
  return changedPackage(packaged, temporary, ({ UploadsQueue }) => {
    UploadsQueue.Properties.RedrivePolicy.maxReceiveCount = receives;
  });
}
