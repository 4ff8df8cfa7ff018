// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written like that
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOperator, compileCondition, toContext } from "./conditions.ts";
import type { AccessRequest, Policy } from "./types.ts";

const KEY = "aws:Key";

function holds(
  operator: string,
  values: string | string[],
  context: AccessRequest["context"],
  version: Policy["version"] = "2012-10-17",
): boolean {
  const condition = { operator, key: KEY, values: [values].flat() };
  return compileCondition(condition, version)(toContext(context));
}

describe("an operator", () => {
  it.each([
    // operator, the policy's values, the request's value, whether it holds
    ["StringEquals", ["one"], "one", true],
    ["StringEquals", ["one"], "One", false],
    ["StringEquals", ["on*"], "one", false],
    ["StringEquals", ["two", "one"], "one", true],
    ["StringNotEquals", ["one"], "two", true],
    ["StringNotEquals", ["two", "one"], "one", false],
    ["StringEqualsIgnoreCase", ["one"], "ONE", true],
    ["StringNotEqualsIgnoreCase", ["one"], "ONE", false],
    ["StringLike", ["originals/*"], "originals/a/b.wav", true],
    ["StringLike", ["originals/*"], "Audio/a", false],
    ["StringLike", [""], "", true],
    ["StringNotLike", ["originals/*"], "originals/a", false],
    ["StringNotLike", ["originals/*"], "results/a", true],
    ["NumericEquals", ["10"], "10.0", true],
    ["NumericNotEquals", ["10"], "11", true],
    ["NumericNotEquals", ["10", "11"], "11", false],
    ["NumericLessThan", ["10"], "9", true],
    ["NumericLessThan", ["10"], "10", false],
    ["NumericLessThanEquals", ["10"], "10", true],
    ["NumericGreaterThan", ["9"], "10", true],
    ["NumericGreaterThan", ["10"], "10", false],
    ["NumericGreaterThanEquals", ["-1.5"], "-1.5", true],
    ["NumericEquals", ["10"], "ten", false],
    ["NumericNotEquals", ["10"], "ten", true],
    ["DateEquals", ["2026-01-01T00:00:00Z"], "2026-01-01T01:00:00+01:00", true],
    ["DateEquals", ["2026-01-01"], "1767225600", true],
    ["DateEquals", ["2026"], "2026-01-01T00:00Z", true],
    ["DateNotEquals", ["2026-01-01"], "2026-01-02", true],
    ["DateLessThan", ["2026-01-01"], "2025-12-31T23:59:59.9Z", true],
    ["DateLessThan", ["2026-01-01"], "2026-01-01", false],
    ["DateLessThanEquals", ["2026-01-01"], "2026-01-01", true],
    ["DateGreaterThan", ["1767225600"], "2026-01-01T00:00:01Z", true],
    ["DateGreaterThanEquals", ["1767225600"], "2026-01-01", true],
    ["DateLessThan", ["2026-01-01"], "yesterday", false],
    ["Bool", ["true"], "true", true],
    ["Bool", ["true"], "True", true],
    ["Bool", ["false"], "true", false],
    ["Bool", ["false"], "no", false],
    ["BinaryEquals", ["QQ=="], "QQ==", true],
    ["BinaryEquals", ["QQ=="], "Qg==", false],
    ["IpAddress", ["203.0.113.0/24"], "203.0.113.255", true],
    ["IpAddress", ["203.0.113.7/24"], "203.0.113.9", true],
    ["IpAddress", ["203.0.113.0/24"], "203.0.114.1", false],
    ["IpAddress", ["203.0.113.7"], "203.0.113.7", true],
    ["IpAddress", ["203.0.113.7"], "203.0.113.8", false],
    ["IpAddress", ["0.0.0.0/0"], "8.8.8.8", true],
    ["IpAddress", ["2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::9", true],
    ["IpAddress", ["2001:DB8:1234:5678::/64"], "2001:db8:1234:5679::9", false],
    ["IpAddress", ["::/0"], "203.0.113.7", false],
    ["IpAddress", ["0.0.0.0/0"], "::ffff:203.0.113.7", false],
    ["IpAddress", ["2001:db8::1"], "2001:db8:0:0::1", true],
    ["IpAddress", ["203.0.113.0/24", "2001:db8::/32"], "2001:db8::5", true],
    ["IpAddress", ["203.0.113.0/24"], "not an address", false],
    ["NotIpAddress", ["203.0.113.0/24"], "198.51.100.1", true],
    ["NotIpAddress", ["203.0.113.0/24"], "203.0.113.1", false],
    ["ArnEquals", ["arn:aws:s3:::phot*"], "arn:aws:s3:::photos", true],
    ["ArnLike", ["arn:aws:events:*:*:rule/a"], "arn:aws:events:us-east-1:123456789012:rule/a", true],
    ["ArnLike", ["arn:aws:sns:*:1:x"], "arn:aws:sns:a:b:1:x", false],
    ["ArnNotEquals", ["arn:aws:s3:::photos"], "arn:aws:s3:::other", true],
    ["ArnNotLike", ["arn:aws:s3:::phot*"], "arn:aws:s3:::photos", false],
  ])("%s %j with %j: %s", (operator, values, value, expected) => {
    expect(holds(operator, values, { [KEY]: value })).toBe(expected);
  });

  const positive: [string, string][] = [
    ["StringEquals", "x"],
    ["StringEqualsIgnoreCase", "x"],
    ["StringLike", "*"],
    ["NumericEquals", "1"],
    ["NumericLessThan", "1"],
    ["DateGreaterThan", "2026"],
    ["Bool", "false"],
    ["BinaryEquals", "QQ=="],
    ["IpAddress", "0.0.0.0/0"],
    ["ArnEquals", "arn:*:*:*:*:*"],
    ["ArnLike", "arn:*:*:*:*:*"],
  ];
  const negated: [string, string][] = [
    ["StringNotEquals", "x"],
    ["StringNotEqualsIgnoreCase", "x"],
    ["StringNotLike", "*"],
    ["NumericNotEquals", "1"],
    ["DateNotEquals", "2026"],
    ["NotIpAddress", "0.0.0.0/0"],
    ["ArnNotEquals", "arn:*:*:*:*:*"],
    ["ArnNotLike", "arn:*:*:*:*:*"],
  ];
  it.each(positive)("%s does not hold when the key is missing", (operator, value) => {
    expect(holds(operator, value, {})).toBe(false);
    expect(holds(operator, value, { [KEY]: [] })).toBe(false);
  });
  it.each(negated)("%s holds when the key is missing", (operator, value) => {
    expect(holds(operator, value, {})).toBe(true);
  });
  it.each([...positive, ...negated])("%s with IfExists holds when the key is missing", (operator, value) => {
    expect(holds(`${operator}IfExists`, value, {})).toBe(true);
  });
  it("with IfExists compares a key that is there", () => {
    expect(holds("StringEqualsIfExists", "one", { [KEY]: "one" })).toBe(true);
    expect(holds("StringEqualsIfExists", "one", { [KEY]: "two" })).toBe(false);
  });

  it("Null asks whether the key is missing", () => {
    expect(holds("Null", "true", {})).toBe(true);
    expect(holds("Null", "true", { [KEY]: "x" })).toBe(false);
    expect(holds("Null", "false", { [KEY]: "x" })).toBe(true);
    expect(holds("Null", "false", {})).toBe(false);
    expect(holds("Null", ["true", "false"], {})).toBe(true);
  });

  it("is the opposite of its negation whenever the key has one value", () => {
    const pairs = [
      ["StringEquals", "StringNotEquals"],
      ["StringLike", "StringNotLike"],
      ["StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
    ] as const;
    const word = fc.string({ unit: fc.constantFrom("a", "A", "b", "*"), maxLength: 3 });
    fc.assert(
      fc.property(
        fc.constantFrom(...pairs),
        fc.array(word, { minLength: 1, maxLength: 3 }),
        word,
        ([operator, opposite], values, value) =>
          holds(operator, values, { [KEY]: value }) !== holds(opposite, values, { [KEY]: value }),
      ),
    );
  });
});

describe("a set operator", () => {
  it("ForAllValues asks every value of the request, and holds for none", () => {
    expect(holds("ForAllValues:StringEquals", ["a", "b"], { [KEY]: ["a", "b"] })).toBe(true);
    expect(holds("ForAllValues:StringEquals", ["a", "b"], { [KEY]: ["a", "c"] })).toBe(false);
    expect(holds("ForAllValues:StringEquals", ["a"], {})).toBe(true);
    expect(holds("ForAllValues:StringEquals", ["a"], { [KEY]: [] })).toBe(true);
    expect(holds("ForAllValues:StringEquals", ["a"], { [KEY]: "" })).toBe(true);
    expect(holds("ForAllValues:StringNotEquals", ["a", "b"], { [KEY]: ["c", "d"] })).toBe(true);
    expect(holds("ForAllValues:StringNotEquals", ["a", "b"], { [KEY]: ["c", "a"] })).toBe(false);
  });

  it("ForAnyValue asks for one value of the request, and fails for none", () => {
    expect(holds("ForAnyValue:StringLike", ["a*"], { [KEY]: ["x", "ab"] })).toBe(true);
    expect(holds("ForAnyValue:StringLike", ["a*"], { [KEY]: ["x", "y"] })).toBe(false);
    expect(holds("ForAnyValue:StringLike", ["*"], {})).toBe(false);
    expect(holds("ForAnyValue:StringLike", ["*"], { [KEY]: "" })).toBe(false);
    expect(holds("ForAnyValue:StringNotEquals", ["a"], {})).toBe(false);
    expect(holds("ForAnyValue:StringNotEquals", ["a"], { [KEY]: ["a", "b"] })).toBe(true);
    expect(holds("ForAnyValue:StringEqualsIfExists", ["a"], {})).toBe(true);
  });

  it("left out, a key of several values is compared as if by ForAnyValue", () => {
    expect(holds("StringEquals", ["a"], { [KEY]: ["b", "a"] })).toBe(true);
    expect(holds("StringNotEquals", ["a"], { [KEY]: ["b", "a"] })).toBe(false);
  });
});

describe("a condition key", () => {
  it("is compared without regard to case", () => {
    expect(holds("StringEquals", "one", { "AWS:KEY": "one" })).toBe(true);
  });
});

describe("a policy variable", () => {
  const context = { [KEY]: "home/anna", "aws:username": "anna", "aws:TagKeys": ["a", "b"] };

  it("stands for what the request says", () => {
    expect(holds("StringEquals", "home/${aws:username}", context)).toBe(true);
    expect(holds("StringLike", "*/${AWS:UserName}", context)).toBe(true);
    expect(holds("StringEquals", "home/${aws:username}", { ...context, "aws:username": "ben" })).toBe(false);
    expect(
      holds("ArnLike", "arn:aws:iam::*:user/${aws:username}", {
        ...context,
        [KEY]: "arn:aws:iam::123456789012:user/anna",
      }),
    ).toBe(true);
    expect(holds("Bool", "${aws:SecureTransport}", { [KEY]: "true", "aws:SecureTransport": "true" })).toBe(
      true,
    );
    expect(holds("Bool", "${aws:username}", { ...context, [KEY]: "true" })).toBe(false);
  });

  it("that the request does not say equals nothing, so that a negated operator holds", () => {
    expect(holds("StringEquals", "${aws:userid}", { [KEY]: "" })).toBe(false);
    expect(holds("StringLike", "*${aws:userid}*", { [KEY]: "x" })).toBe(false);
    expect(holds("StringNotEquals", "${aws:userid}", { [KEY]: "x" })).toBe(true);
  });

  it("cannot stand for a key with several values", () => {
    expect(holds("StringLike", "*${aws:TagKeys}*", context)).toBe(false);
  });

  it("takes its default when the request does not say", () => {
    expect(holds("StringEquals", "${aws:userid, 'nobody'}", { [KEY]: "nobody" })).toBe(true);
    expect(holds("StringEquals", "home/${aws:username, 'nobody'}", context)).toBe(true);
  });

  it("brings no wildcards along, and writes those characters where they are meant", () => {
    expect(holds("StringLike", "${aws:username}", { [KEY]: "anything", "aws:username": "*" })).toBe(false);
    expect(holds("StringLike", "a${*}${?}${$}*", { [KEY]: "a*?$b" })).toBe(true);
    expect(holds("StringLike", "a${*}", { [KEY]: "ab" })).toBe(false);
    expect(holds("StringEquals", "a${*}", { [KEY]: "a*" })).toBe(true);
  });

  it("is text like any other before version 2012-10-17", () => {
    expect(holds("StringEquals", "${aws:username}", { [KEY]: "${aws:username}" }, "2008-10-17")).toBe(true);
    expect(holds("StringEquals", "${aws:username}", { ...context, [KEY]: "anna" }, "2008-10-17")).toBe(false);
  });
});

describe("an error names what is wrong:", () => {
  it.each([
    "StringEqual",
    "stringEquals",
    "NullIfExists",
    "ForAllValues:Null",
    "ForSomeValues:StringEquals",
    "",
  ])("operator %j", (operator) => {
    expect(() => checkOperator(operator)).toThrow(`unknown condition operator "${operator}"`);
    expect(holds(operator, "x", { [KEY]: "x" })).toBe(false);
  });

  it.each([
    ["NumericEquals", "ten", 'NumericEquals compares "aws:Key" with "ten": expected a number'],
    ["NumericEquals", "${aws:x}", "expected a number"],
    ["DateEquals", "2026-01-01T00:00:00", "expected an ISO 8601 date"],
    ["DateEquals", "2026-13-01", "expected an ISO 8601 date"],
    ["Bool", "yes", "expected true or false"],
    ["Null", "yes", "expected true or false"],
    ["BinaryEquals", "%", "expected base64"],
    ["IpAddress", "10.0.0.0/33", "expected an IP address"],
    ["IpAddress", "10.0.0.0/", "expected an IP address"],
    ["IpAddress", "10.0.0.0/8/8", "expected an IP address"],
    ["IpAddress", "example.com", "expected an IP address"],
    ["ArnLike", "*", "expected an ARN of six segments"],
    ["StringEquals", "${username}", '"${username}" is not a policy variable'],
    ["StringEquals", "${aws:username, nobody}", "is not a policy variable"],
  ])("%j with %j", (operator, value, message) => {
    expect(() => holds(operator, value, {})).toThrow(message);
  });
});
