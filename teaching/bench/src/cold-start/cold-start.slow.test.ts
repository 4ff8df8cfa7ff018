import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../bench.ts";
import { packagedFunctions } from "../function/packaged.ts";
import { type BundleName, bundleNames } from "./builds.ts";
import { bundleFunction, ownSettings } from "./bundle.ts";
import { coldStart } from "./cold-start.ts";
import { goals } from "./goals.ts";
import type { ColdStart } from "./results.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

let folder: string;
let report: Report;
let results: readonly ColdStart[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cold-start-test-"));
  const temporary = await mkdtemp(join(folder, "run-"));
  report = await coldStart.run({ root, temporary, rounds: 1, onProgress: () => {} });
  ({ results } = report.data as { results: readonly ColdStart[] });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const zipSizeOf = (name: string, bundle: BundleName) =>
  results.find((result) => result.function === name && result.bundle === bundle)?.zipSize ?? Number.NaN;

it("bundles with the settings of serverless.yml to the very files, and zips, that sls package makes", async () => {
  const settings = await ownSettings(root);

  for (const made of await packagedFunctions(root, join(folder, "packaged"))) {
    const bundled = await bundleFunction(root, made, settings, join(folder, "own"));

    expect(await readFile(bundled.file, "utf8"), made.name).toBe(await readFile(made.file, "utf8"));
    expect(bundled.zipSize, made.name).toBe(made.zipSize);
  }
});

describe("a packaged zip", () => {
  it("has little more than half of what serverless-esbuild's usual settings would make", () => {
    for (const name of new Set(results.map((result) => result.function))) {
      if (name === "hello-world") continue;
      expect(zipSizeOf(name, "packaged"), name).toBeLessThan(0.6 * zipSizeOf(name, "usual"));
    }
  });

  it.each(Object.entries(goals))("of %s is as small as required", (name, { zipKilobytes }) => {
    expect(zipSizeOf(name, "packaged")).toBeLessThanOrEqual(zipKilobytes.required * 1000);
  });
});

it("measures each function in each bundle, and every call comes to a good end", () => {
  const bundlesOf = (name: string) =>
    results.filter((result) => result.function === name).map(({ bundle }) => bundle);

  expect(bundlesOf("listRecordings")).toEqual(["usual", "packaged"]);
  expect(bundlesOf("receiveAudio")).toEqual(Object.keys(bundleNames));
  for (const { import: imported, firstCall, total, rss } of results) {
    expect(total.median).toBeCloseTo(imported.median + firstCall.median);
    expect(rss.median).toBeGreaterThan(10 * 2 ** 20);
  }
  expect(report.tables.flatMap(({ rows }) => rows.flat()).join()).not.toMatch(/NaN|undefined/);
});
