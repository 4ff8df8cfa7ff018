import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "./random.ts";

const seeds = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const take = (count: number, stream: () => number) => Array.from({ length: count }, stream);

describe("a random stream", () => {
  it("gives the same numbers for the same seed and name, all from 0 up to 1", () => {
    fc.assert(
      fc.property(seeds, fc.string(), (seed, name) => {
        const numbers = take(20, randomStream(seed, name));
        expect(take(20, randomStream(seed, name))).toEqual(numbers);
        expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
      }),
    );
  });

  it("gives other numbers for another seed, and for another name", () => {
    fc.assert(
      fc.property(seeds, seeds, fc.string(), fc.string(), (seed, otherSeed, name, otherName) => {
        fc.pre(seed !== otherSeed && name !== otherName);
        const numbers = take(4, randomStream(seed, name));
        expect(take(4, randomStream(otherSeed, name))).not.toEqual(numbers);
        expect(take(4, randomStream(seed, otherName))).not.toEqual(numbers);
      }),
    );
  });

  it("spreads its numbers evenly, each independent of the one before", () => {
    const numbers = take(20_000, randomStream(1, "even"));
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => numbers.filter((number) => Math.floor(number * 10) === tenth).length,
    );
    const rises = numbers.filter((number, index) => number > (numbers[index - 1] ?? 1)).length;

    for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(200);
    expect(Math.abs(rises - 10_000)).toBeLessThan(300);
  });

  it("is the same on every machine and in every version: a seed that was written down stays good", () => {
    expect(take(3, randomStream(42, "throttle s3 PUT")).map((number) => number.toFixed(6))).toEqual([
      "0.786331",
      "0.777024",
      "0.585560",
    ]);
  });
});
