import type { Table } from "../bench.ts";
import {
  bindsFrom,
  type Costs,
  drain,
  longestWait,
  monthlyCosts,
  neededAtPeak,
  quotasInOrder,
  totalOf,
} from "./costs.ts";
import { invocations, prices, quotas, type Tier, usage } from "./inputs.ts";

/** Recordings a month. */
export const volumes = [1000, 100_000, 10_000_000] as const;

const count = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
const figure = (value: number) => value.toLocaleString("en-US", { maximumSignificantDigits: 2 });
const dollars = (usd: number) =>
  `$${usd.toLocaleString("en-US", usd < 100 ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumFractionDigits: 0 })}`;

export function costsTables(): Table[] {
  return [costTable(), quotaTable(), drainTable(), usageTable(), priceTable(), quotaSources()];
}

const perMonth = volumes.map((recordings) => `${count(recordings)} a month`);

const services: Readonly<Record<keyof Costs, string>> = {
  transcribe: "Transcribe",
  lambda: "Lambda",
  api: "HTTP API",
  s3: "S3, requests and storage",
  transfer: "data out: audio and transcripts",
  sqs: "SQS, empty polls too",
  cloudWatch: "CloudWatch: logs, metrics, alarms",
};

function costTable(): Table {
  const costs = volumes.map(monthlyCosts);
  const rows = (Object.keys(services) as (keyof Costs)[]).map((service) => [
    services[service],
    ...costs.map((each) => dollars(each[service])),
  ]);
  return {
    caption: "US dollars a month",
    columns: ["service", ...perMonth],
    rows: [
      ...rows,
      ["all", ...costs.map((each) => dollars(totalOf(each)))],
      [
        "a recording",
        ...costs.map((each, index) => `$${(totalOf(each) / (volumes[index] ?? 1)).toFixed(4)}`),
      ],
      [
        "Transcribe's share",
        ...costs.map((each) => `${((100 * each.transcribe) / totalOf(each)).toFixed(1)} %`),
      ],
    ],
  };
}

function quotaTable(): Table {
  const needs = volumes.map(neededAtPeak);
  return {
    caption: "What the busiest hour needs of each quota, the one that binds first at the top",
    columns: ["quota", "limit", ...perMonth, "binds from, a month"],
    rows: quotasInOrder().map((name) => {
      const { what, value } = quotas[name];
      return [
        what,
        count(value),
        ...needs.map((need) => `${figure(need[name])}${need[name] > value ? " ✘" : ""}`),
        figure(bindsFrom(name)),
      ];
    }),
  };
}

function drainTable(): Table {
  const drains = volumes.map(drain);
  const row = (what: string, value: (each: (typeof drains)[number]) => string) => [
    what,
    ...drains.map(value),
  ];
  return {
    caption: `If so many come at once: how long until the last is transcribed, with jobs of ${usage.jobSeconds} s`,
    columns: ["by", ...volumes.map(count)],
    rows: [
      row(`${quotas.starts.value} starts a second`, ({ byStarts }) => duration(byStarts)),
      row(`${quotas.pace.value} starts a second, as they come to here`, ({ byPace }) => duration(byPace)),
      row(`${quotas.jobs.value} jobs at once`, ({ byJobs }) => duration(byJobs)),
      row("so, at least", ({ seconds }) => duration(seconds)),
      row(`the queue waits ${duration(longestWait)}`, ({ outlastsQueue }) =>
        outlastsQueue ? "too short: the rest are dead letters" : "enough",
      ),
    ],
  };
}

export function duration(seconds: number): string {
  const units = [
    ["days", 86_400],
    ["h", 3600],
    ["min", 60],
  ] as const;
  const [unit, size] = units.find(([, size]) => seconds >= 2 * size) ?? ["s", 1];
  return `${(seconds / size).toLocaleString("en-US", { maximumFractionDigits: seconds / size < 10 ? 1 : 0 })} ${unit}`;
}

function usageTable(): Table {
  const { minutes, audioBytes, transcriptBytes, reads, listens, jobSeconds, peakToAverage } = usage;
  return {
    caption: "How it is used: assumptions",
    columns: ["what", "value"],
    rows: [
      ["minutes of audio in a recording", String(minutes)],
      ["its bytes, through POST /recordings", count(audioBytes)],
      ["bytes of its transcript", count(transcriptBytes)],
      ["how often its client asks for it", String(reads)],
      ["how often it is listened to", String(listens)],
      ["seconds that Transcribe works on it", String(jobSeconds)],
      ["the busiest hour over the average one", String(peakToAverage)],
      ...Object.entries(invocations).map(([name, { seconds }]) => [
        `seconds of an invocation of ${name}`,
        String(seconds),
      ]),
    ],
  };
}

function priceTable(): Table {
  return {
    caption: "Prices: assumptions too, of us-east-1, without free tiers; check them on their pages",
    columns: ["what", "US dollars", "page"],
    rows: Object.values(prices).map(({ what, value, page }) => [what, tiers(value), link(page)]),
  };
}

function tiers(all: readonly Tier[]): string {
  const price = (usd: number) =>
    usd < 0.001
      ? `${(usd * 1e6).toLocaleString("en-US", { maximumSignificantDigits: 6 })} a million`
      : String(usd);
  return all
    .map(({ upTo, usd }) =>
      upTo === Number.POSITIVE_INFINITY ? price(usd) : `${price(usd)} up to ${count(upTo)}`,
    )
    .join(", then ");
}

function quotaSources(): Table {
  return {
    caption: "Quotas: what an account starts with",
    columns: ["what", "value", "page"],
    rows: Object.values(quotas).map(({ what, value, page }) => [what, count(value), link(page)]),
  };
}

/** Shown by what it is a page of. */
function link(page: string): string {
  const { hostname, pathname } = new URL(page, "https://docs/");
  const [first = "", ...rest] = pathname.split("/").filter(Boolean);
  const name = hostname === "docs" ? "measured" : [first, ...rest.slice(-1)].join(" ").replace(".html", "");
  return `[${name}](${page})`;
}
