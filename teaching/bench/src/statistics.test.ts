import { expect, it } from "vitest";
import { median, quantile, spread } from "./statistics.ts";

it("takes the middle of the values, and between two of them their mean", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

it("spreads over the middle half", () => {
  expect(spread([5, 1, 4, 2, 3])).toEqual({ median: 3, low: 2, high: 4 });
});

it("ends at the least and the most", () => {
  expect([quantile([2, 9, 4], 0), quantile([2, 9, 4], 1)]).toEqual([2, 9]);
});

it("has no answer for no values", () => {
  expect(() => median([])).toThrow(RangeError);
});
