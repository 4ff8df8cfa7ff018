import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FaultName, type Faults, faultNames } from "./faults.ts";
import { createInjector } from "./injector.ts";

const seeds = fc.nat({ max: 2 ** 32 });
const rates = fc.double({ min: 0, max: 1, noNaN: true });
const names = fc.constantFrom(...faultNames);

/** What one fault decides at one place, count times. */
function decisions(faults: Faults, fault: FaultName, place = "here", count = 50) {
  const injector = createInjector(faults);
  return Array.from({ length: count }, () => injector.next(fault, place));
}

describe("what goes wrong", () => {
  it("is decided the same way for the same seed", () => {
    fc.assert(
      fc.property(seeds, rates, names, (seed, rate, name) => {
        const faults = { seed, [name]: rate };
        expect(decisions(faults, name)).toEqual(decisions(faults, name));
      }),
    );
  });

  it("does not depend on which other faults there are, nor on what happens elsewhere", () => {
    fc.assert(
      fc.property(
        seeds,
        rates,
        names,
        fc.array(fc.tuple(names, fc.constantFrom("here", "there")), { maxLength: 100 }),
        (seed, rate, name, asked) => {
          const alone = decisions({ seed, [name]: rate }, name);
          const all = Object.fromEntries(faultNames.map((other) => [other, 0.5]));
          const injector = createInjector({ ...all, seed, [name]: rate });
          const among: (number | undefined)[] = [];
          for (const [other, place] of asked) {
            const decision = injector.next(other, place);
            if (other === name && place === "here") among.push(decision);
          }
          expect(among.slice(0, alone.length)).toEqual(alone.slice(0, among.length));
        },
      ),
    );
  });

  it("only grows with its rate: what went wrong at a lower one goes wrong at a higher one", () => {
    fc.assert(
      fc.property(seeds, rates, rates, (seed, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const atHigh = decisions({ seed, kill: high }, "kill");
        decisions({ seed, kill: low }, "kill").forEach((decision, index) => {
          if (decision !== undefined) expect(atHigh[index]).toBeDefined();
        });
      }),
    );
  });

  it.each([0.02, 0.1, 0.5])("comes as often as its rate says: %d", (rate) => {
    const count = 20_000;
    const struck = decisions({ seed: 1, throttle: rate }, "throttle", "s3 PUT", count).filter(
      (decision) => decision !== undefined,
    );

    // Four standard deviations; with the seed that stands here it either holds forever or never.
    const deviation = 4 * Math.sqrt(count * rate * (1 - rate));
    expect(Math.abs(struck.length - count * rate)).toBeLessThan(deviation);
    const mean = struck.reduce((sum, how) => sum + how, 0) / struck.length;
    expect(mean).toBeCloseTo(0.5, 1);
  });

  it("never happens at 0 and always at 1", () => {
    expect(decisions({ seed: 7, slow: 0 }, "slow").every((decision) => decision === undefined)).toBe(true);
    expect(decisions({ seed: 7 }, "slow").every((decision) => decision === undefined)).toBe(true);
    expect(decisions({ seed: 7, slow: 1 }, "slow").every((decision) => decision !== undefined)).toBe(true);
  });

  it("is counted by its name, and told", () => {
    const told: unknown[] = [];
    const injector = createInjector({}, (fault) => told.push(fault));

    injector.happened("kill", "first");
    injector.happened("kill", "second");

    expect([...injector.counts]).toEqual([["kill", 2]]);
    expect(told).toEqual([
      { fault: "kill", what: "first" },
      { fault: "kill", what: "second" },
    ]);
  });

  it("draws a seed by lot where none is given, another one each time", () => {
    expect(createInjector({}).seed).not.toBe(createInjector({}).seed);
  });
});

describe("faults that make no sense are refused", () => {
  it.each<[object, string]>([
    [{ throttle: 1.1 }, "throttle is 1.1: it is how often, from 0 (never) to 1 (every time)."],
    [{ errors: -0.1 }, "errors is -0.1"],
    [{ kill: Number.NaN }, "kill is NaN"],
    [{ seed: 0.5 }, "The seed is 0.5: it is a whole number"],
    [{ seed: -1 }, "The seed is -1"],
    [{ "slow-ms": 0 }, "slow-ms is 0: it is milliseconds, from 1 to 15000."],
    [{ "slow-ms": 60_000 }, "slow-ms is 60000"],
    [{ toString: 1 }, "There is no fault toString. There are throttle, errors, slow"],
  ])("%j", (faults, message) => {
    expect(() => createInjector(faults)).toThrow(message);
  });
});
