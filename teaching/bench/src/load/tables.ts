import type { Table } from "../bench.ts";
import type { LineChart } from "../report/line-chart.ts";
import type { Burst, Pace } from "./load.ts";

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const seconds = (value: number) => `${value.toFixed(0)} s`;
const duration = (value: number) => (value < 120 ? seconds(value) : `${(value / 60).toFixed(0)} min`);

export function loadTables(burst: Burst, pace: Pace): Table[] {
  return [countsTable(burst), drainTable(burst), paceTable(burst, pace), memoryTable(burst)];
}

function countsTable({ recordings, jobs, starts, waits, deadLetters }: Burst): Table {
  return {
    caption: "What became of the burst",
    columns: ["what", "how many"],
    rows: [
      ["recordings uploaded", String(recordings)],
      ["jobs that ended, one for each of them", String(jobs)],
      ["starts that were accepted", String(starts)],
      ["dead letters", String(deadLetters)],
      ["messages that went back to the queue, as Transcribe was at a limit", String(waits)],
    ],
  };
}

function drainTable(burst: Burst): Table {
  const { recordings, transcribe, speed, drainSeconds, mostDrainedSeconds } = burst;
  const { startsPerSecond, concurrentJobs, jobSeconds } = transcribe;
  const row = (what: string, onAws: number) => [what, seconds(onAws / speed), duration(onAws)];
  return {
    caption: "How long it took to drain, from the first start to the last transcript",
    columns: ["what", `here, ${speed} times faster`, "on AWS's clock"],
    rows: [
      row(`at least, by ${startsPerSecond} starts a second`, recordings / startsPerSecond),
      row(
        `at least, by ${concurrentJobs} jobs at once of ${jobSeconds} s each`,
        (recordings * jobSeconds) / concurrentJobs,
      ),
      row("measured: 95 % of the recordings", mostDrainedSeconds * speed),
      row("measured: all of them", drainSeconds * speed),
    ],
  };
}

function paceTable({ transcribe, speed, recordings, waits, mostDrainedSeconds }: Burst, pace: Pace): Table {
  return {
    caption: "Starts a second on AWS's clock, and of a hundred messages those that went back to the queue",
    columns: ["what", "starts a second", "back, %"],
    rows: [
      ["Transcribe's quota", String(transcribe.startsPerSecond), ""],
      [
        `the burst, ${speed} times faster, until 95 % were done`,
        ((0.95 * recordings) / mostDrainedSeconds / speed).toFixed(1),
        ((100 * waits) / (recordings + waits)).toFixed(1),
      ],
      [
        `from a full queue at AWS's own clock, ${pace.seconds} s`,
        pace.startsPerSecond.toFixed(1),
        pace.percentBack.toFixed(1),
      ],
    ],
  };
}

function memoryTable({ timeline, uploadSeconds }: Burst): Table {
  const first = timeline[0]?.rss ?? 0;
  const uploaded = timeline.findLast(({ second }) => second <= uploadSeconds)?.rss ?? 0;
  const most = Math.max(...timeline.map(({ rss }) => rss));
  return {
    caption: "Memory of the local run and its client, one process; the recordings take 8 KB each",
    columns: ["when", "RSS"],
    rows: [
      ["before the first upload", mebibytes(first)],
      ["after the last upload", mebibytes(uploaded)],
      ["at most", mebibytes(most)],
    ],
  };
}

export function drainChart({ timeline, recordings, speed }: Burst): LineChart {
  const series = (label: string, value: (moment: Burst["timeline"][number]) => number) => ({
    label,
    points: timeline.map((moment) => [moment.second, value(moment)] as const),
  });
  return {
    file: "load.svg",
    title: `${recordings.toLocaleString("en-US")} recordings at once, seconds at ${speed} times the speed of AWS`,
    xLabel: "s",
    series: [
      series("uploaded", ({ uploaded }) => uploaded),
      series("in the queue", ({ queued }) => queued),
      series("jobs that run", ({ running }) => running),
      series("transcribed", ({ done }) => done),
    ],
  };
}
