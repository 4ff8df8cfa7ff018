import type { Table } from "../bench.ts";
import type { Spread } from "../statistics.ts";
import type { LocalRun } from "./local-run.ts";

/** What must be reached: seconds until ready, and the gate's time over the bare store's. */
export const goals = { readySeconds: 1, gateToBare: 1.4 };

const withSpread = ({ median, low, high }: Spread, digits: number) =>
  `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
const mebibytes = (bytes: number | undefined) =>
  bytes === undefined ? "not told by this system" : (bytes / 2 ** 20).toFixed(0);
const verdict = (goal: number, value: number) => `${goal} ${value <= goal ? "✔" : "✘"}`;

export function localRunTables(measured: LocalRun): Table[] {
  return [startTable(measured), gateTable(measured), invocationsTable(measured), throughputTable(measured)];
}

function startTable({ packaging, ready }: LocalRun): Table {
  return {
    caption: "Until it is ready",
    columns: ["what", "measured", "required"],
    rows: [
      ["packaging, when anything has changed: s", withSpread(packaging.everything, 1), ""],
      ["packaging, when nothing has changed: ms", withSpread(packaging.nothing, 0), ""],
      [
        "pnpm start, packaged before, from its process to its first line: ms",
        withSpread(ready.process, 0),
        verdict(1000 * goals.readySeconds, ready.process.median),
      ],
      ["of it, starting the services: ms", withSpread(ready.call, 0), ""],
    ],
  };
}

function gateTable({ gate }: LocalRun): Table {
  return {
    caption:
      "A call of the SDK with an object of 1 KiB: p50 against a store that verifies no signature and asks nobody, and against the local run",
    columns: ["operation", "bare store, ms", "local run, ms", "ratio", "required"],
    rows: gate.map(({ operation, bareMs, gateMs, ratio }) => [
      operation,
      withSpread(bareMs, 2),
      withSpread(gateMs, 2),
      withSpread(ratio, 2),
      verdict(goals.gateToBare, ratio.median),
    ]),
  };
}

function invocationsTable({ invocations }: LocalRun): Table {
  return {
    caption: "A call of the API: the first starts the function's process, the others find it warm",
    columns: ["route", "function", "first, ms", "warm, ms"],
    rows: invocations.map(({ route, functionKey, coldMs, warmMs }) => [
      route,
      functionKey,
      coldMs.toFixed(0),
      warmMs.toFixed(1),
    ]),
  };
}

function throughputTable({ decisionsPerSecond, largeUpload }: LocalRun): Table {
  const { bytes, tookMs, peakBefore, peakAfter } = largeUpload;
  const size = `${bytes / 1e6} MB`;
  const thousands = (value: number) => Math.round(value / 1000).toLocaleString("en-US");
  const { median, low, high } = decisionsPerSecond;
  return {
    caption: "What it takes",
    columns: ["what", "measured"],
    rows: [
      [
        "thousand decisions a second, each in the trace",
        `${thousands(median)} (${thousands(low)}–${thousands(high)})`,
      ],
      [`${size} through an upload form: MB a second`, (bytes / 1e3 / tookMs).toFixed(0)],
      [`most RSS of the local run before those ${size}: MiB`, mebibytes(peakBefore)],
      [`and after them: MiB`, mebibytes(peakAfter)],
    ],
  };
}
