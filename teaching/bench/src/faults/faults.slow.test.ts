import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageService } from "rolecall";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckedInvariant } from "../traffic/invariants.ts";
import { place, transcribeOnAws } from "../traffic/recorded-run.ts";
import { givingUpAfter, rates, runWithFaults, runWithoutGrant } from "./faults.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

// In a hurry: what goes back to the queue comes again after six tenths of a second.
const hurry = {
  speed: 1000,
  transcribe: transcribeOnAws,
};

let packaged: string;
let temporary: string;

beforeAll(async () => {
  packaged = await packageService({ root, ...place });
  temporary = await mkdtemp(join(tmpdir(), "faults-test-"));
});

afterAll(async () => {
  await rm(temporary, { recursive: true, force: true });
});

const holdAll = (checked: readonly CheckedInvariant[]) =>
  expect(checked.filter(({ broken }) => broken.length > 0)).toEqual([]);

it("whatever goes wrong, every recording ends: completed, or failed with a reason", async () => {
  const run = await runWithFaults({ packaged, recordings: 60, seed: 2, ...hurry });

  holdAll(run.invariants);
  expect(run.completed + run.failed).toBe(run.stored);
  expect(run.failed).toBeGreaterThan(0);
  // Everything that was asked for happened.
  expect(Object.keys(run.happened).toSorted()).toEqual(Object.keys(rates).toSorted());
});

describe("without a grant", () => {
  it("every recording is a dead letter whose cause the log tells, and the redrive brings each home once the grant is back", async () => {
    const impatient = await givingUpAfter(3, packaged, temporary);

    const { causes, before, after } = await runWithoutGrant({
      packaged: impatient,
      recordings: 12,
      ...hurry,
    });

    expect(before.deadLetters).toBe(12);
    expect(causes).toEqual([expect.stringContaining("can't be accessed")]);
    holdAll(before.invariants);
    expect(after).toMatchObject({ redriven: 12, completed: 12, deadLetters: 0 });
    holdAll(after.invariants);
  });
});
