import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processorTime } from "../testing/processor-time.ts";
import { compileArnGlob, compileGlob, compileResourceGlob, matchGlob } from "./globs.ts";

const written = (text: string) => [{ text, wildcards: true }];
const matches = (pattern: string, text: string) => matchGlob(compileGlob(written(pattern)), text);
const covers = (pattern: string, resource: string) =>
  matchGlob(compileResourceGlob(written(pattern)), resource);

/** The same question, asked of a regular expression: slow, and right by inspection. */
function reference(pattern: string, text: string): boolean {
  const source = pattern.replace(/[\\^$.*+?()[\]{}|]/g, (character) =>
    character === "*" ? ".*" : character === "?" ? "." : `\\${character}`,
  );
  return new RegExp(`^${source}$`, "su").test(text);
}

describe("a wildcard", () => {
  it.each([
    ["originals/*", "originals/one.wav", true],
    ["originals/*", "originals/2026/one.wav", true],
    ["originals/*", "originals/", true],
    ["originals/*", "originals-old/one.wav", false],
    ["originals*", "originals-old/one.wav", true],
    ["originals/?.wav", "originals/1.wav", true],
    ["originals/?.wav", "originals/12.wav", false],
    ["originals/?.wav", "originals/.wav", false],
    ["originals/?.wav", "originals/🎧.wav", true],
    ["*.wav", "one.wav.txt", false],
    ["*a*b*", "xxaxxbxx", true],
    ["*", "", true],
    ["", "", true],
    ["", "x", false],
    ["a.c", "abc", false],
  ])("%j against %j: %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it("matches what the same regular expression matches", () => {
    const pattern = fc.string({
      unit: fc.constantFrom("a", "b", ":", "/", "*", "?", "🎧", "."),
      maxLength: 8,
    });
    const text = fc.string({ unit: fc.constantFrom("a", "b", ":", "/", "🎧", "\n"), maxLength: 12 });
    fc.assert(
      fc.property(pattern, text, (pattern, text) => matches(pattern, text) === reference(pattern, text)),
      { numRuns: 5000 },
    );
  });

  it("cannot be made to hang", async () => {
    const took = await processorTime(() => {
      expect(matches(`${"*a".repeat(200)}*b`, "a".repeat(5000))).toBe(false);
    });
    expect(took).toBeLessThan(2000);
  });
});

describe("a resource pattern", () => {
  it.each([
    ["*", "arn:aws:s3:::photos/originals/one.wav", true],
    ["*", "*", true],
    ["arn:aws:s3:::photos/*", "*", false],
    ["arn:aws:s3:::photos/originals/*", "arn:aws:s3:::photos/originals/a/b:c.wav", true],
    ["arn:aws:s3:::photos/*.wav", "arn:aws:s3:::photos/a:b.wav", true],
    ["arn:aws:s3:::photos/?", "arn:aws:s3:::photos/:", true],
    ["arn:aws:s3:::photos", "arn:aws:s3:::photos/originals/one.wav", false],
    ["arn:aws:s3:::photos/*", "arn:aws:s3:::photos", false],
    ["arn:aws:S3:::photos", "arn:aws:s3:::photos", false],
    ["arn:*:s3:::photos", "arn:aws-cn:s3:::photos", true],
    ["arn:aws:sqs:us-*-1:123456789012:uploads", "arn:aws:sqs:us-east-1:123456789012:uploads", true],
  ])("%j against %j: %s", (pattern, resource, expected) => {
    expect(covers(pattern, resource)).toBe(expected);
  });

  it("keeps a wildcard inside a segment to that segment", () => {
    const smuggled = "arn:aws:sqs:us-east-2:999999999999:x-1:123456789012:uploads";
    expect(covers("arn:aws:sqs:us-*-1:123456789012:uploads", smuggled)).toBe(false);
    expect(covers("arn:aws:sqs:us?east-1:1:q", "arn:aws:sqs:us:east-1:1:q")).toBe(false);
  });

  it("lets a * that ends a segment reach over the colons that follow", () => {
    expect(covers("arn:aws:sqs:*", "arn:aws:sqs:us-east-1:123456789012:uploads")).toBe(true);
    expect(covers("arn:aws:sqs:*:uploads", "arn:aws:sqs:us-east-1:123456789012:uploads")).toBe(true);
  });

  it("with more written in place of a wildcard never covers more", () => {
    const segment = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 4 });
    const pattern = fc.tuple(segment, segment, segment).map((segments) => `arn:aws:s3:${segments.join(":")}`);
    const text = fc.string({ unit: fc.constantFrom("a", "b", ":"), maxLength: 10 });
    fc.assert(
      fc.property(pattern, text, (pattern, text) => {
        const resource = `arn:aws:s3:${text}`;
        return !covers(pattern, resource) || reference(pattern, resource);
      }),
    );
  });
});

describe("an ARN pattern of a condition", () => {
  const arnMatches = (pattern: string, arn: string) => {
    const glob = compileArnGlob(written(pattern));
    return glob !== undefined && matchGlob(glob, arn);
  };

  it("is matched segment by segment, as AWS's own example has it", () => {
    const pattern = "arn:aws:someservice:*:111122223333:finance/*";
    const arn = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";
    expect(matches(pattern, arn)).toBe(true);
    expect(arnMatches(pattern, arn)).toBe(false);
  });

  it("has six segments", () => {
    expect(compileArnGlob(written("arn:aws:s3"))).toBeUndefined();
    expect(arnMatches("arn:aws:s3:::*", "arn:aws:s3:::photos")).toBe(true);
    expect(arnMatches("arn:aws:s3:::*", "not an ARN")).toBe(false);
  });
});
