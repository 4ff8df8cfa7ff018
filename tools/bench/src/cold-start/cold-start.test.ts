import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PackagedFunction, packagedFunctions } from "../function/packaged.ts";
import { bundleFunction, ownSettings, type Settings, usualSettings } from "./bundle.ts";
import { coldStart } from "./cold-start.ts";
import { goals } from "./goals.ts";
import type { ColdStart } from "./results.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

let folder: string;
let packaged: PackagedFunction[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cold-start-test-"));
  packaged = await packagedFunctions(root, join(folder, "packaged"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const bundleAll = (settings: Settings, into: string) =>
  Promise.all(
    packaged.map(async (made) => ({
      made,
      bundled: await bundleFunction(root, made, settings, join(folder, into)),
    })),
  );

it("bundles with the settings of serverless.yml to the very files, and zips, that sls package makes", async () => {
  const settings = await ownSettings(root);

  for (const { made, bundled } of await bundleAll(settings, "own")) {
    expect(await readFile(bundled.file, "utf8"), made.name).toBe(await readFile(made.file, "utf8"));
    expect(bundled.zipSize, made.name).toBe(made.zipSize);
  }
});

describe("a packaged zip", () => {
  it("has little more than half of what the plugin's usual settings would make", async () => {
    for (const { made, bundled } of await bundleAll(usualSettings, "usual")) {
      expect(made.zipSize, made.name).toBeLessThan(0.55 * bundled.zipSize);
    }
  });

  it.each(Object.entries(goals))("of %s is as small as required", (name, { zipKilobytes }) => {
    const zipSize = packaged.find((made) => made.name === name)?.zipSize;

    expect(zipSize).toBeLessThanOrEqual(zipKilobytes.required * 1000);
  });
});

it("measures each function in each bundle, and every call comes to a good end", async () => {
  const temporary = await mkdtemp(join(folder, "run-"));

  const { data, tables } = await coldStart.run({ root, temporary, rounds: 1, onProgress: () => {} });

  const { results } = data as { results: ColdStart[] };
  const bundlesOf = (name: string) =>
    results.filter((result) => result.function === name).map(({ bundle }) => bundle);
  expect(bundlesOf("listRecordings")).toEqual(["usual", "packaged"]);
  expect(bundlesOf("receiveAudio")).toEqual([
    "unbundled",
    "usual",
    "modules",
    "packaged",
    "usualWithoutPowertools",
    "packagedWithoutPowertools",
  ]);
  for (const result of results) {
    const { import: imported, firstCall, total, rss } = result;
    expect(total.median).toBeCloseTo(imported.median + firstCall.median);
    expect(rss.median).toBeGreaterThan(10 * 2 ** 20);
  }
  expect(tables.flatMap(({ rows }) => rows.flat()).join()).not.toMatch(/NaN|undefined/);
});
