import type { Recording } from "@voice-notes/scenarios";
import type { EndedJob, RecordedRun } from "./recorded-run.ts";

/** What a run came to. Recordings by their ids. */
export interface RunResult {
  /** The uploads that were acknowledged. */
  readonly acknowledged: readonly string[];
  /** Every recording that the service lists. */
  readonly stored: readonly string[];
  /** Every job that ended. */
  readonly jobs: readonly EndedJob[];
  readonly transcripts: ReadonlySet<string>;
  /** What readRecording says, of those that were asked for. */
  readonly states: ReadonlyMap<string, Pick<Recording, "status" | "failureReason" | "transcript">>;
  /** How many messages are left in the uploads queue. */
  readonly waiting: number;
  /** Each dead letter: the recordings that it tells of, and what the log says about it. */
  readonly deadLetters: readonly {
    readonly recordings: readonly string[];
    readonly cause: string | undefined;
  }[];
}

export interface Invariant {
  readonly name: string;
  /** @returns what breaks it, a line each. */
  broken(run: RunResult): string[];
}

/** What must hold when a run has come to rest, whatever went wrong in it. */
export const invariants: readonly Invariant[] = [
  {
    name: "what was acknowledged is stored",
    broken: ({ acknowledged, stored }) => {
      const known = new Set(stored);
      return acknowledged.filter((id) => !known.has(id));
    },
  },
  {
    name: "every recording ends: its job ended, or it is a dead letter, and not both",
    broken: ({ stored, jobs, deadLetters }) => {
      const ended = new Set(jobs.map(({ id }) => id));
      const dead = new Set(deadLetters.flatMap(({ recordings }) => recordings));
      return stored.filter((id) => ended.has(id) === dead.has(id));
    },
  },
  {
    name: "no recording has two jobs",
    broken: ({ jobs }) => repeated(jobs.map(({ id }) => id)),
  },
  {
    name: "no job is without a recording",
    broken: ({ jobs, stored }) => {
      const known = new Set(stored);
      return jobs.map(({ id }) => id).filter((id) => !known.has(id));
    },
  },
  {
    name: "a completed job left its transcript, a failed one none",
    broken: ({ jobs, transcripts }) =>
      jobs.filter(({ id, status }) => transcripts.has(id) !== (status === "COMPLETED")).map(({ id }) => id),
  },
  {
    name: "the API says of each what became of it, and of a failed one why",
    broken: ({ jobs, states }) => {
      const ended = new Map(jobs.map(({ id, status }) => [id, status]));
      return [...states].filter(([id, state]) => !isToldOf(ended.get(id), state)).map(([id]) => id);
    },
  },
  {
    name: "no message is left in the uploads queue",
    broken: ({ waiting }) => (waiting === 0 ? [] : [`${waiting} messages`]),
  },
  {
    name: "the log says of each dead letter why it is one",
    broken: ({ deadLetters }) =>
      deadLetters.filter(({ cause }) => !cause).map(({ recordings }) => recordings.join(", ")),
  },
];

function isToldOf(
  job: EndedJob["status"] | undefined,
  { status, failureReason, transcript }: Pick<Recording, "status" | "failureReason" | "transcript">,
): boolean {
  switch (job) {
    case "COMPLETED":
      return status === "completed" && transcript !== undefined;
    case "FAILED":
      return status === "failed" && Boolean(failureReason);
    case undefined:
      return status === "uploaded";
  }
}

function repeated(values: readonly string[]): string[] {
  const seen = new Set<string>();
  return values.filter((value) => seen.size === seen.add(value).size);
}

export interface CheckedInvariant {
  readonly name: string;
  readonly broken: readonly string[];
}

/** @returns every invariant, those that hold with nothing that breaks them. */
export function checkInvariants(run: RunResult): CheckedInvariant[] {
  return invariants.map(({ name, broken }) => ({ name, broken: broken(run) }));
}

/** @throws Error that names each invariant that does not hold, with the first things that break it. */
export function requireAll(checked: readonly CheckedInvariant[]): void {
  const broken = checked.filter((invariant) => invariant.broken.length > 0);
  if (broken.length === 0) return;
  const lines = broken.map(
    ({ name, broken: things }) => `Not so: ${name}. ${things.length}: ${things.slice(0, 5).join(", ")}`,
  );
  throw new Error(lines.join("\n"));
}

/** Of a dead letter, or any other S3 notification: the ids of the recordings. */
export function recordingsIn(body: string): string[] {
  const { Records: records = [] } = JSON.parse(body) as {
    Records?: { s3: { object: { key: string } } }[];
  };
  return records.map(({ s3 }) =>
    decodeURIComponent(s3.object.key.replaceAll("+", " ")).replace("audio/", ""),
  );
}

export function deadLettersOf({ deadLetters, causes }: RecordedRun): RunResult["deadLetters"] {
  return deadLetters
    .messages()
    .map(({ id, body }) => ({ recordings: recordingsIn(body), cause: causes.get(id) }));
}
