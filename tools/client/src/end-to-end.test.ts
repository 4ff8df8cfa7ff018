import { packageService } from "@voice-notes/permissions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./local.ts";
import { type ScenarioRunner, startScenarioRunner } from "./scenarios/scenario-runner.ts";
import { localScenarios } from "./scenarios/scenarios.ts";

const place = { stage: "local", region: "us-east-1" };

it("no two scenarios have one name", () => {
  const names = localScenarios.map(({ name }) => name);

  expect(names).toEqual([...new Set(names)]);
});

/** Scenarios that can share a local run. */
const groups = Map.groupBy(localScenarios, ({ settings = {} }) => JSON.stringify(settings));

describe.each([...groups])("the packaged service, run with IAM enforced and settings %s", (_, scenarios) => {
  let runner: ScenarioRunner;

  beforeAll(async () => {
    const packaged = await packageService({ root, ...place });
    runner = await startScenarioRunner({ packaged, ...place, settings: scenarios[0]?.settings });
  }, 120_000);
  afterAll(() => runner?.close());

  it.each(scenarios)("$name", async (scenario) => {
    const { failure, unasked, missing } = await runner.run(scenario);

    expect(unasked).toEqual([]);
    if (failure) throw failure;
    expect(missing).toEqual([]);
  });
});
