import type { Table } from "../bench.ts";
import { type CheckedInvariant, invariants } from "../traffic/invariants.ts";
import { type BrokenGrantRun, type FaultyRun, rates } from "./faults.ts";

export function faultsTables(runs: readonly FaultyRun[], broken: BrokenGrantRun): Table[] {
  return [happenedTable(runs), outcomesTable(runs), invariantsTable(runs, broken), brokenTable(broken)];
}

const perSeed = (runs: readonly FaultyRun[]) => runs.map(({ seed }) => `seed ${seed}`);

function happenedTable(runs: readonly FaultyRun[]): Table {
  return {
    caption: "What went wrong, and how often",
    columns: ["fault", "rate", ...perSeed(runs)],
    rows: Object.entries(rates).map(([fault, rate]) => [
      fault,
      `${100 * rate} %`,
      ...runs.map(({ happened }) => String(happened[fault] ?? 0)),
    ]),
  };
}

function outcomesTable(runs: readonly FaultyRun[]): Table {
  const row = (what: string, value: (run: FaultyRun) => number) => [
    what,
    ...runs.map((run) => String(value(run))),
  ];
  return {
    caption: "What became of the recordings",
    columns: ["what", ...perSeed(runs)],
    rows: [
      row("uploads that were acknowledged", ({ acknowledged }) => acknowledged),
      row(
        "recordings in the bucket: an upload whose answer was lost was tried again",
        ({ stored }) => stored,
      ),
      row("completed", ({ completed }) => completed),
      row("failed, with a reason", ({ failed }) => failed),
      row("dead letters", ({ deadLetters }) => deadLetters),
      row("times that a message waited for Transcribe", ({ waits }) => waits),
    ],
  };
}

function invariantsTable(runs: readonly FaultyRun[], { before, after }: BrokenGrantRun): Table {
  const verdict = (checked: readonly CheckedInvariant[], name: string) => {
    const count = checked.find((invariant) => invariant.name === name)?.broken.length ?? 0;
    return count === 0 ? "holds" : `broken by ${count}`;
  };
  return {
    caption: "What must hold at the end",
    columns: ["invariant", ...perSeed(runs), "without the grant", "after the redrive"],
    rows: invariants.map(({ name }) => [
      name,
      ...runs.map((run) => verdict(run.invariants, name)),
      verdict(before.invariants, name),
      verdict(after.invariants, name),
    ]),
  };
}

function brokenTable({ recordings, receiveCount, causes, before, after }: BrokenGrantRun): Table {
  return {
    caption:
      "startTranscription without s3:GetObject on the audio (LetTranscribeReadAudio), then with it again and its dead letters redriven",
    columns: ["what", "how many"],
    rows: [
      ["recordings uploaded", String(recordings)],
      ["receives until a message is given up, instead of 1000", String(receiveCount)],
      ["dead letters", String(before.deadLetters)],
      [`of them with this in the log: “${causes.join("”, “")}”`, String(before.deadLetters)],
      ["given back to the queue, once the grant is there again", String(after.redriven)],
      ["completed then", String(after.completed)],
      ["dead letters left", String(after.deadLetters)],
    ],
  };
}
