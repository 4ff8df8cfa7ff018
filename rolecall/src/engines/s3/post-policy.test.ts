import { describe, expect, it } from "vitest";
import { parsePostPolicy, requirePolicyMet, sizeRange } from "./post-policy.ts";

const now = new Date("2026-11-24T10:00:00Z");
const policy = (conditions: unknown, expiration: unknown = "2026-11-24T11:00:00.000Z") =>
  parsePostPolicy(Buffer.from(JSON.stringify({ expiration, conditions })).toString("base64"));
const fields = (entries: Readonly<Record<string, string>>) =>
  new Map(Object.entries({ bucket: "b", ...entries }));
const problem = (conditions: unknown, entries: Readonly<Record<string, string>>) => {
  try {
    requirePolicyMet(policy(conditions), fields(entries), now);
    return undefined;
  } catch (error) {
    return (error as Error).message.replace("Invalid according to Policy: ", "");
  }
};

describe("the policy of an upload form", () => {
  it.each<[unknown[], Readonly<Record<string, string>>, string | undefined]>([
    [[{ key: "a" }], { key: "a" }, undefined],
    [[{ KEY: "a" }], { key: "a" }, undefined],
    [[["eq", "$key", "a"]], { key: "b" }, 'Policy Condition failed: ["eq", "$key", "a"]'],
    [[["eq", "$key", "a"]], {}, 'Policy Condition failed: ["eq", "$key", "a"]'],
    [[["starts-with", "$key", "originals/"]], { key: "originals/1" }, undefined],
    [[["starts-with", "$key", ""]], { key: "anything" }, undefined],
    [
      [["starts-with", "$key", "originals/"]],
      { key: " originals/1" },
      'Policy Condition failed: ["starts-with", "$key", "originals/"]',
    ],
    [[["starts-with", "$key", "originals/"]], { key: "originals/1" }, undefined],
    [[["starts-with", "$Content-Type", "audio/"]], { "content-type": "audio/wav, audio/mp3" }, undefined],
    [
      [["starts-with", "$Content-Type", "audio/"]],
      { "content-type": "audio/wav,text/html" },
      'Policy Condition failed: ["starts-with", "$Content-Type", "audio/"]',
    ],
    [[{ bucket: "b" }], {}, undefined],
    [[{ bucket: "other" }], {}, 'Policy Condition failed: ["eq", "$bucket", "other"]'],
    [[], { key: "a" }, "Extra input fields: key"],
    [[], { "x-ignore-me": "1", policy: "p", "x-amz-signature": "s", file: "f" }, undefined],
    [[], { "x-amz-date": "d" }, "Extra input fields: x-amz-date"],
  ])("%j is held against %j", (conditions, entries, expected) => {
    expect(problem(conditions, entries)).toBe(expected);
  });

  it("expires to the moment", () => {
    expect(() => requirePolicyMet(policy([], now.toISOString()), fields({}), now)).toThrow("Policy expired.");
  });

  it("bounds the size of the file by every range that it names", () => {
    const range = (...limits: [unknown, unknown][]) =>
      sizeRange(policy(limits.map(([from, to]) => ["content-length-range", from, to])));
    expect(range()).toBeUndefined();
    expect(range([1, 10])).toEqual({ minimum: 1, maximum: 10 });
    expect(range(["1", "10"], [5, 20])).toEqual({ minimum: 5, maximum: 10 });
  });

  it.each([
    [{}],
    [null],
    [[["between", "$key", "a"]]],
    [[["eq", "key", "a"]]],
    [[["eq", "$key"]]],
    [[["content-length-range", -1, 5]]],
    [[["content-length-range", 1, "many"]]],
    [[{ key: 1 }]],
    [["key"]],
  ])("is refused when it holds the conditions %j", (conditions) => {
    expect(() => policy(conditions)).toThrow("Invalid Policy");
  });

  it("is refused when it is no JSON or does not expire", () => {
    expect(() => parsePostPolicy("e30")).toThrow("Policy missing expiration.");
    expect(() => parsePostPolicy("bm90IGpzb24=")).toThrow("Invalid JSON.");
    expect(() => policy([], "tomorrow")).toThrow("Invalid 'expiration' value");
  });
});
