import { describe, expect, it } from "vitest";
import { parseFaults } from "./parse.ts";

describe("what follows --faults", () => {
  it("is names with their rates, and the seed that follows --seed", () => {
    expect(parseFaults("throttle=0.1, lose-events=1,slow-ms=200", "42")).toEqual({
      throttle: 0.1,
      "lose-events": 1,
      "slow-ms": 200,
      seed: 42,
    });
    expect(parseFaults("kill=.5", undefined)).toEqual({ kill: 0.5 });
  });

  it.each([
    ["thro=0.1", undefined, "There is no fault thro. There are throttle,"],
    ["throttle=2", undefined, "throttle is 2"],
    ["throttle=often", undefined, 'throttle is "often", which is no number'],
    ["throttle", undefined, 'and "throttle" is none'],
    ["", undefined, 'and "" is none'],
    ["kill=0.1,kill=0.2", undefined, "names kill twice"],
    ["seed=3", undefined, "The seed is given by --seed."],
    ["kill=0.1", "abc", 'The seed is "abc", which is no number'],
    ["kill=0.1", "", 'The seed is "", which is no number'],
    ["kill=0.1", "1.5", "The seed is 1.5"],
  ])("is refused: %s, seed %s", (list, seed, message) => {
    expect(() => parseFaults(list, seed)).toThrow(message);
  });
});
