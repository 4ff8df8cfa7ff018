import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "./pattern.ts";

const fits = (pattern: unknown, event: unknown) => compilePattern(pattern)(event);

describe("an event pattern", () => {
  it("fits when every field has one of the values that it names", () => {
    const pattern = { source: ["aws.transcribe", "aws.s3"], detail: { status: ["COMPLETED"] } };

    expect(fits(pattern, { source: "aws.transcribe", detail: { status: "COMPLETED" } })).toBe(true);
    expect(fits(pattern, { source: "aws.s3", detail: { status: "COMPLETED" }, more: 1 })).toBe(true);
    expect(fits(pattern, { source: "aws.s3", detail: { status: "FAILED" } })).toBe(false);
    expect(fits(pattern, { source: "aws.s3" })).toBe(false);
    expect(fits(pattern, { source: "aws.s3", detail: "COMPLETED" })).toBe(false);
  });

  it.each<[string, unknown, unknown[], unknown[]]>([
    ["null", null, [null], [undefined, "", 0]],
    ["a number", 1, [1], ["1", 2]],
    ["true", true, [true], ["true", false]],
    ["prefix", { prefix: "ab" }, ["ab", "abc"], ["AB", "cab", 1, undefined]],
    ["prefix in any case", { prefix: { "equals-ignore-case": "aB" } }, ["AbC"], ["cab"]],
    ["suffix", { suffix: "ab" }, ["ab", "cab"], ["abc", "AB"]],
    ["suffix in any case", { suffix: { "equals-ignore-case": "aB" } }, ["cAb"], ["abc"]],
    ["equals-ignore-case", { "equals-ignore-case": "Ab" }, ["aB"], ["abc", 1]],
    ["wildcard", { wildcard: "a*b*c" }, ["abc", "a1b2c", "abbc"], ["ab", "abcd", "cba"]],
    ["an escaped wildcard", { wildcard: "a\\*b" }, ["a*b"], ["ab", "axb"]],
    ["a wildcard behind an escaped backslash", { wildcard: "a\\\\*" }, ["a\\", "a\\b"], ["a*", "ab"]],
    ["exists, of leaves alone", { exists: true }, ["", null, 0], [undefined, {}, { a: 1 }]],
    ["not exists, of leaves alone", { exists: false }, [undefined, [], { a: 1 }], ["", null, ["a"]]],
    ["anything-but a value", { "anything-but": "a" }, ["b", 1, null], ["a", undefined, { b: 1 }]],
    ["anything-but values", { "anything-but": ["a", 1] }, ["b"], ["a", 1, undefined]],
    ["anything-but a prefix", { "anything-but": { prefix: "a" } }, ["ba"], ["ab", undefined]],
    ["anything-but prefixes", { "anything-but": { prefix: ["a", "b"] } }, ["c"], ["ab", "ba"]],
    ["anything-but a suffix", { "anything-but": { suffix: "a" } }, ["ab"], ["ba"]],
    ["anything-but a wildcard", { "anything-but": { wildcard: "*x*" } }, ["ab"], ["axb"]],
    ["anything-but in any case", { "anything-but": { "equals-ignore-case": ["A"] } }, ["b"], ["a"]],
    ["numeric", { numeric: [">", 0, "<=", 5] }, [1, 5], [0, 6, "1"]],
    ["numeric equality", { numeric: ["=", 3] }, [3], [4]],
    ["cidr", { cidr: "10.0.0.0/24" }, ["10.0.0.255"], ["10.0.1.0", "::1", "x"]],
    ["cidr of IPv6", { cidr: "2001:db8::/32" }, ["2001:db8::1"], ["2001:db9::1", "10.0.0.1"]],
    ["cidr within one family of addresses", { cidr: "::/0" }, ["::1"], ["10.0.0.1"]],
  ])("compares by %s", (_, comparison, fitting, others) => {
    for (const value of fitting) expect(fits({ field: [comparison] }, { field: value })).toBe(true);
    for (const value of others) expect(fits({ field: [comparison] }, { field: value })).toBe(false);
  });

  it("looks into lists: one element that fits is enough, at any depth", () => {
    expect(fits({ a: ["x"] }, { a: ["y", "x"] })).toBe(true);
    expect(fits({ a: ["x"] }, { a: [] })).toBe(false);
    expect(fits({ a: { b: ["x"] } }, { a: [{ b: "y" }, { b: "x" }] })).toBe(true);
  });

  it("finds a field absent only if no element of a list has it", () => {
    const pattern = { a: { b: [{ exists: false }] } };

    expect(fits(pattern, { a: [{ c: 1 }, { c: 2 }] })).toBe(true);
    expect(fits(pattern, { a: [{ b: 1 }, { c: 2 }] })).toBe(false);
    expect(fits(pattern, {})).toBe(true);
  });

  it("takes one alternative of $or", () => {
    const pattern = { source: ["s"], $or: [{ a: [1] }, { b: [2] }] };

    expect(fits(pattern, { source: "s", b: 2 })).toBe(true);
    expect(fits(pattern, { source: "s", a: 2, b: 1 })).toBe(false);
  });

  it.each<[string, unknown, RegExp]>([
    ["an unknown comparison", { a: [{ like: "x" }] }, /pattern\.a: the comparison "like" is not known/],
    ["two comparisons in one", { a: [{ prefix: "x", suffix: "y" }] }, /no value and no comparison/],
    ["a value outside a list", { a: "x" }, /an event pattern is an object/],
    ["an empty list", { a: [] }, /matches nothing/],
    ["an unknown operator", { a: [{ numeric: ["~", 1] }] }, /the operator ~ is not known/],
    ["half a comparison of numbers", { a: [{ numeric: ["<"] }] }, /pairs/],
    ["a prefix that is no text", { a: [{ prefix: 1 }] }, /takes a text/],
    ["a range that is none", { a: [{ cidr: "10.0.0.0" }] }, /no address range/],
    ["exists without true or false", { a: [{ exists: "yes" }] }, /true or false/],
    ["an empty pattern", {}, /empty pattern/],
    ["an empty pattern inside", { a: {} }, /pattern\.a: an empty pattern/],
    ["two wildcards in a row", { a: [{ wildcard: "a**b" }] }, /two wildcards/],
    ["a lone backslash", { a: [{ wildcard: "a\\b" }] }, /backslash/],
    [
      "anything-but what is no text",
      { a: [{ "anything-but": { exists: true } }] },
      /no single comparison of texts/,
    ],
    [
      "anything-but two things",
      { a: [{ "anything-but": { prefix: "a", suffix: "b" } }] },
      /no single comparison/,
    ],
    ["anything-but an object in a list", { a: [{ "anything-but": [{ prefix: "a" }] }] }, /takes values/],
    ["an empty $or", { $or: [] }, /list of patterns/],
    ["an inherited name as a comparison", { a: [{ toString: 1 }] }, /"toString" is not known/],
  ])("refuses %s", (_, pattern, reason) => {
    expect(() => compilePattern(pattern)).toThrow(reason);
  });

  it("does not see what every object inherits", () => {
    expect(fits({ constructor: [{ exists: true }] }, {})).toBe(false);
  });

  it("fits every event that has the very values it names", () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const name = fc.string().filter((text) => text !== "$or" && text !== "__proto__");
    fc.assert(
      fc.property(fc.dictionary(name, value, { minKeys: 1 }), (event) => {
        const pattern = Object.fromEntries(Object.entries(event).map(([key, one]) => [key, [one]]));
        expect(fits(pattern, event)).toBe(true);
      }),
    );
  });

  it("matches wildcards as the regular expression of the same meaning does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (written, candidate) => {
        const wildcard = written.replaceAll(/\*+/g, "*");
        const expression = new RegExp(`^${wildcard.split("*").join(".*")}$`, "s");
        expect(fits({ f: [{ wildcard }] }, { f: candidate })).toBe(expression.test(candidate));
      }),
    );
  });
});
