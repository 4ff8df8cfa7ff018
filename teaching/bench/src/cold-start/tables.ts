import type { Table } from "../bench.ts";
import type { BarChart } from "../report/bar-chart.ts";
import type { Spread } from "../statistics.ts";
import { type BundleName, bundleNames } from "./builds.ts";
import { goals } from "./goals.ts";
import type { ColdStart } from "./results.ts";

const kilobytes = (bytes: number) => (bytes / 1000).toFixed(0);
const milliseconds = ({ median }: Spread) => median.toFixed(1);
const ratio = ({ median }: Spread) => median.toFixed(2);
const ratioWithSpread = ({ median, low, high }: Spread) =>
  `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;

const find = (results: readonly ColdStart[], name: string, bundle: BundleName) =>
  results.find((result) => result.function === name && result.bundle === bundle);

/** Each goal, and whether it is reached: by the median, where there is a spread. */
export function goalsTable(results: readonly ColdStart[]): Table {
  const verdict = (goal: number | undefined, value: number) =>
    goal === undefined ? "" : `${goal} ${value <= goal ? "✔" : "✘"}`;
  const rows = Object.entries(goals).flatMap(([name, { zipKilobytes, total, rss }]) => {
    const packaged = find(results, name, "packaged");
    if (!packaged) return [];
    const { zipSize, totalToUsual, cpuToUsual, rssToHelloWorld } = packaged;
    const zip = zipSize / 1000;
    const compared = (what: string, spread: Spread, goal: { required: number; stretch: number }) => [
      `${name}: ${what}`,
      ratioWithSpread(spread),
      verdict(goal.required, spread.median),
      verdict(goal.stretch, spread.median),
    ];
    return [
      [`${name}: zip, KB`, zip.toFixed(1), verdict(zipKilobytes.required, zip), ""],
      compared("total ÷ usual settings", totalToUsual, total),
      compared("the same in CPU time", cpuToUsual, total),
      compared("RSS ÷ hello-world", rssToHelloWorld, rss),
    ];
  });
  return {
    caption: "As packaged, and the most that it may be",
    columns: ["function: what", "measured", "required", "stretch"],
    rows,
  };
}

/** Everything, the functions that have goals apart from the others. */
export function buildsTables(results: readonly ColdStart[]): Table[] {
  const hasGoals = (result: ColdStart) => result.function in goals;
  const others = results.filter((result) => !hasGoals(result));
  return [
    buildsTable("The three with most to load, in each bundle", results.filter(hasGoals)),
    buildsTable("The other functions, and one that does nothing", others),
  ];
}

function buildsTable(caption: string, results: readonly ColdStart[]): Table {
  return {
    caption,
    columns: [
      "function, bundle",
      "zip KB",
      "import ms",
      "first call ms",
      "total ms",
      "import ÷ usual",
      "first call ÷ usual",
      "total ÷ usual",
      "CPU ÷ usual",
      "RSS ÷ hello-world",
    ],
    rows: results.map((result) => [
      result.bundle === "hello-world" ? result.bundle : `${result.function}, ${bundleNames[result.bundle]}`,
      kilobytes(result.zipSize),
      milliseconds(result.import),
      milliseconds(result.firstCall),
      milliseconds(result.total),
      ...comparedToUsual(result),
      ratio(result.rssToHelloWorld),
    ]),
  };
}

function comparedToUsual(result: ColdStart): string[] {
  if (result.bundle === "hello-world") return ["", "", "", ""];
  if (result.bundle === "usual") return ["1", "1", "1", "1"];
  const { importToUsual, firstCallToUsual, totalToUsual, cpuToUsual } = result;
  return [
    ratio(importToUsual),
    ratio(firstCallToUsual),
    ratioWithSpread(totalToUsual),
    ratioWithSpread(cpuToUsual),
  ];
}

export function totalChart(results: readonly ColdStart[]): BarChart {
  const bundles = ["unbundled", "usual", "modules", "packaged"] as const;
  return {
    file: "cold-start.svg",
    title: "Import and first call, against serverless-esbuild's usual settings",
    groups: Object.keys(goals).map((name) => ({
      label: name,
      bars: bundles.flatMap((bundle) => {
        const value = find(results, name, bundle)?.totalToUsual.median;
        return value === undefined ? [] : [{ label: bundleNames[bundle], value, text: value.toFixed(2) }];
      }),
    })),
  };
}
