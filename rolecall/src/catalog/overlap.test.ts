import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlob, compileResourceGlob, type Glob, matchGlob } from "../iam/globs.ts";
import { processorTime } from "../testing/processor-time.ts";
import { overlap } from "./overlap.ts";

const glob = (pattern: string): Glob => compileGlob([{ text: pattern, wildcards: true }]);
const resource = (pattern: string): Glob => compileResourceGlob([{ text: pattern, wildcards: true }]);
const meet = (one: string, other: string) => overlap(glob(one), glob(other));

describe("two patterns overlap", () => {
  it.each([
    ["a", "a"],
    ["a*", "*b"],
    ["a?c", "abc"],
    ["*", ""],
    ["a*b*c", "*x*"],
  ])("%s and %s", (one, other) => {
    expect(meet(one, other)).toBe(true);
    expect(meet(other, one)).toBe(true);
  });

  it.each([
    ["a", "b"],
    ["a*", "b*"],
    ["a?", "a"],
    ["voice_dev_*", "voice_dev-2_*"],
    ["*a", "*b"],
  ])("unless nothing fits both: %s and %s", (one, other) => {
    expect(meet(one, other)).toBe(false);
    expect(meet(other, one)).toBe(false);
  });

  it("segment by segment in the first five segments of an ARN", () => {
    expect(overlap(resource("arn:aws:s?s:::a"), resource("arn:aws:sqs:::a"))).toBe(true);
    expect(overlap(resource("arn:a*s:s3:::a"), resource("arn:aws:x:s3:::a"))).toBe(false);
  });

  it("whenever some text fits both", () => {
    const pattern = fc.stringMatching(/^[ab*?]{0,6}$/);

    fc.assert(
      fc.property(pattern, pattern, fc.stringMatching(/^[ab]{0,6}$/), (one, other, text) => {
        fc.pre(matchGlob(glob(one), text) && matchGlob(glob(other), text));
        expect(meet(one, other)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("only when some text fits both", () => {
    const pattern = fc.stringMatching(/^[ab*?]{0,4}$/);
    // Two patterns of at most four characters that overlap have a text of at most eight in common.
    const texts = [""];
    for (let index = 0; texts.length < 2 ** 9 - 1; index += 1)
      texts.push(`${texts[index]}a`, `${texts[index]}b`);

    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        fc.pre(meet(one, other));
        expect(texts.some((text) => matchGlob(glob(one), text) && matchGlob(glob(other), text))).toBe(true);
      }),
    );
  });

  it("in time that the product of their lengths bounds", async () => {
    const took = await processorTime(() => meet("a*".repeat(200), "*a*b".repeat(200)));

    expect(took).toBeLessThan(1000);
  });
});
