import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { awsLimits } from "../../../../rolecall/src/engines/transcribe/limits.ts";
import { readServerlessYml } from "../function/functions.ts";
import { withFigures } from "../report/performance-page.ts";
import { costs } from "./bench.ts";
import { drain, longestWait, monthlyCosts, neededAtPeak, priceOf, quotasInOrder, totalOf } from "./costs.ts";
import { invocations, prices, quotas } from "./inputs.ts";
import { duration } from "./tables.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

describe("a price with tiers", () => {
  const tiers = [
    { upTo: 10, usd: 2 },
    { upTo: 30, usd: 1 },
    { upTo: Number.POSITIVE_INFINITY, usd: 0.5 },
  ];

  it.each([
    [0, 0],
    [10, 20],
    [15, 25],
    [30, 40],
    [50, 50],
  ])("for %i units is %i", (units, usd) => {
    expect(priceOf(units, tiers)).toBe(usd);
  });
});

describe("the costs", () => {
  it("of Transcribe are those of the minutes", () => {
    // 300,000 minutes: a quarter of a million at 2.4 cents, the rest at 1.5.
    expect(monthlyCosts(100_000).transcribe).toBeCloseTo(250_000 * 0.024 + 50_000 * 0.015);
  });

  it("rise with the recordings, and those of one recording fall", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e8 }), fc.integer({ min: 1, max: 1e8 }), (one, other) => {
        const [few, many] = one < other ? [one, other] : [other, one];
        expect(totalOf(monthlyCosts(few))).toBeLessThanOrEqual(totalOf(monthlyCosts(many)));
        expect(totalOf(monthlyCosts(few)) / few).toBeGreaterThanOrEqual(
          totalOf(monthlyCosts(many)) / many - 1e-9,
        );
      }),
    );
  });

  it("have prices whose tiers rise and whose last has no end", () => {
    for (const { value } of Object.values(prices)) {
      const ends = value.map(({ upTo }) => upTo);
      expect(ends).toEqual(ends.toSorted((a, b) => a - b));
      expect(ends.at(-1)).toBe(Number.POSITIVE_INFINITY);
    }
  });
});

describe("the quotas", () => {
  it("are those that the local run keeps", () => {
    expect(quotas).toMatchObject({
      starts: { value: awsLimits.startsPerSecond },
      gets: { value: awsLimits.getsPerSecond },
      jobs: { value: awsLimits.concurrentJobs },
    });
  });

  it("bind in the order of what is left of them", () => {
    const need = neededAtPeak(1_000_000);
    const used = quotasInOrder().map((name) => need[name] / quotas[name].value);

    expect(used).toEqual(used.toSorted((a, b) => b - a));
  });

  it("set how long a burst takes: the slowest of them", () => {
    expect(drain(1000)).toMatchObject({ byStarts: 40, byJobs: 120, seconds: 120, outlastsQueue: false });
    expect(drain(10_000_000).outlastsQueue).toBe(true);
    expect(longestWait).toBe(600_000);
  });
});

it("the functions have the memory that serverless.yml gives them", async () => {
  const { functions } = await readServerlessYml(root);

  for (const [name, { gigabytes }] of Object.entries(invocations)) {
    expect(gigabytes * 1024).toBe(functions[name].memorySize);
  }
});

it.each([
  [90, "90 s"],
  [120, "2 min"],
  [12_000, "3.3 h"],
  [1_200_000, "14 days"],
])("%i seconds are %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it("docs/costs.md shows what follows from the inputs; pnpm bench costs --write brings it up to date", async () => {
  const page = await readFile(`${root}docs/costs.md`, "utf8");
  const report = await costs.run({ root, temporary: "", rounds: undefined, onProgress: () => {} });

  expect(withFigures(page, "costs", report)).toBe(page);
});
