import { setTimeout as sleep } from "node:timers/promises";
import { type Api, createApi } from "@voice-notes/scenarios";
import { type Faults, type LocalAws, type StartOptions, startLocalAws } from "rolecall/run";
import { deaf } from "./silence.ts";

export const place = { stage: "local", region: "us-east-1" };

/** What Transcribe does in an account, in the account's own seconds. */
export interface TranscribeAsOnAws {
  /** Starts a second. */
  readonly startsPerSecond: number;
  /** Jobs at once. */
  readonly concurrentJobs: number;
  /** Seconds that a job takes. */
  readonly jobSeconds: number;
}

/** What an account starts with, and jobs so short that both quotas are nearly used up: 25 × 8 seconds are 200 jobs. */
export const transcribeOnAws: TranscribeAsOnAws = { startsPerSecond: 25, concurrentJobs: 250, jobSeconds: 8 };

export interface RecordedRunOptions {
  /** The folder that `packageService` returned. */
  readonly packaged: string;
  readonly transcribe: TranscribeAsOnAws;
  /**
   * How many times faster than on AWS the clocks go: of Transcribe's rates, of its jobs, and of everything that waits
   * in a queue. How many jobs run at once is no matter of time and stays. What the SDK waits between its own attempts
   * is inside the functions, and stays as well.
   */
  readonly speed: number;
  readonly faults?: Faults;
}

export interface EndedJob {
  readonly id: string;
  readonly status: "COMPLETED" | "FAILED";
}

/** The service on this machine, and what has happened in it so far. */
export interface RecordedRun extends AsyncDisposable {
  readonly aws: LocalAws;
  readonly api: Api;
  readonly uploads: Queue;
  readonly deadLetters: Queue;
  /** The recordings whose jobs startTranscription started, as it logs. */
  readonly started: readonly string[];
  /** The recordings whose jobs ended, in order. */
  readonly ended: readonly EndedJob[];
  /** How often startTranscription gave a message back because Transcribe was busy. */
  readonly waits: number;
  /** By message id: what startTranscription last logged about a message that it could not handle. */
  readonly causes: ReadonlyMap<string, string>;
  /**
   * Resolves when no message waits or is hidden, and nothing else is under way.
   *
   * @throws Error when nothing happens any more and messages are still there.
   */
  settled(): Promise<void>;
}

type Queue = LocalAws["queues"] extends ReadonlyMap<string, infer Each> ? Each : never;

/** Seconds that nothing may happen, beyond the queue's visibility timeout. */
const patience = 60;

/** @throws Error for a package that has no queue for uploads, with another for its dead letters. */
export async function startRecordedRun(options: RecordedRunOptions): Promise<RecordedRun> {
  const { packaged, speed, faults, transcribe } = options;
  const started: string[] = [];
  const ended: EndedJob[] = [];
  const causes = new Map<string, string>();
  let waits = 0;

  function readFunctionLog(functionKey: string, line: string): void {
    const entry = functionKey === "startTranscription" ? parseLog(line) : undefined;
    if (entry?.message === "transcription started") started.push(entry.recordingId ?? "");
    if (entry?.messageId === undefined) return;
    causes.set(entry.messageId, entry.error?.message ?? "");
    if (entry.message === "recording waits for Transcribe") waits += 1;
  }

  function readLog(line: string): void {
    const [, id, status] = /^transcribe: [^_]+_[^_]+_(\S+) (COMPLETED|FAILED)\b/.exec(line) ?? [];
    if (id !== undefined) ended.push({ id, status: status as EndedJob["status"] });
  }

  const aws = await startLocalAws({
    packaged,
    ...place,
    recogniser: deaf,
    waitFactor: 1 / speed,
    jobDurations: { queued: 0, inProgress: (1000 * transcribe.jobSeconds) / speed },
    transcribeLimits: scaledLimits(transcribe, speed),
    onFunctionLog: readFunctionLog,
    log: readLog,
    ...(faults && { faults }),
  });
  const uploads = [...aws.queues.values()].find(({ spec }) => spec.redrive !== undefined);
  const deadLetters = [...aws.queues.values()].find(
    ({ spec }) => spec.arn === uploads?.spec.redrive?.deadLetterArn,
  );
  const { developer } = aws.principals;
  if (!uploads || !deadLetters || !developer) {
    await aws.close();
    throw new Error("The packaged template has no uploads queue with dead letters.");
  }

  return {
    aws,
    api: createApi(aws.api, place.region, async () => developer),
    uploads,
    deadLetters,
    started,
    ended,
    causes,
    get waits() {
      return waits;
    },
    async settled() {
      const longest = 1000 * (patience + uploads.spec.visibilityTimeout / speed);
      let last = { state: "", at: performance.now() };
      await aws.idle();
      while (uploads.messages().length > 0) {
        const state = `${uploads.messages().length} ${ended.length} ${waits} ${deadLetters.messages().length}`;
        if (state !== last.state) last = { state, at: performance.now() };
        else if (performance.now() - last.at > longest) {
          throw new Error(`${uploads.messages().length} uploads wait, and nothing happens any more.`);
        }
        await sleep(20);
      }
      await aws.idle();
    },
    [Symbol.asyncDispose]: () => aws.close(),
  };
}

function scaledLimits(
  { startsPerSecond, concurrentJobs }: TranscribeAsOnAws,
  speed: number,
): StartOptions["transcribeLimits"] & object {
  return {
    startsPerSecond: startsPerSecond * speed,
    concurrentJobs,
    getsPerSecond: 30 * speed,
    deletesPerSecond: 5 * speed,
    listsPerSecond: 5 * speed,
  };
}

interface LogEntry {
  readonly message?: string;
  readonly recordingId?: string;
  readonly messageId?: string;
  readonly error?: { readonly message?: string };
}

/** A line that Powertools' logger wrote; undefined for any other. */
function parseLog(line: string): LogEntry | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
