import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../iam/evaluate.ts";
import { policiesOf, rawPolicies, request } from "../../iam/test-generators.ts";
import type { Statement } from "../../iam/types.ts";
import { changesToAllow, type Surroundings } from "./changes.ts";
import { applyEdit, onlyPrincipal } from "./edits.ts";

const surroundings: Surroundings = {
  naming: { service: "a", stage: "dev", accountId: "123456789012", region: "eu-west-1", partition: "aws" },
  isAction: () => true,
  written: (arn) => arn,
  placeOf: () => undefined,
  carriesPolicy: true,
  home: (kind) => ({ says: kind }),
};

describe("whatever is denied,", () => {
  it("with all the changes that are suggested it is allowed", () => {
    fc.assert(
      fc.property(request, rawPolicies, (question, raw) => {
        const start = { request: question, policies: policiesOf(raw) };
        const changes = changesToAllow(start, surroundings);
        const after = changes.reduce(applyEdit, start);
        expect(decide(after.request, after.policies).outcome).toBe("allowed");
      }),
      { numRuns: 3000 },
    );
  });

  it("whatever its conditions compare, too", () => {
    const operators: readonly (readonly [operator: string, values: readonly string[]])[] = [
      ["StringEquals", ["a*", "b", `\${aws:missing}`]],
      ["StringNotLike", ["a*", "*b", "?"]],
      ["ForAllValues:StringLike", ["a*", "c"]],
      ["ForAnyValue:StringNotEqualsIgnoreCase", ["A", "b"]],
      ["NumericLessThan", ["5", "-1"]],
      ["NumericNotEquals", ["5"]],
      ["DateGreaterThanEquals", ["2026-01-01T00:00:00Z"]],
      ["Bool", ["true"]],
      ["BoolIfExists", ["false"]],
      ["Null", ["true"]],
      ["IpAddress", ["10.0.0.0/8"]],
      ["NotIpAddress", ["10.0.0.0/8", "::1"]],
      ["ArnLike", ["arn:aws:s3:::a*"]],
      ["BinaryEquals", ["YWI="]],
    ];
    const condition = fc.constantFrom(...operators).chain(([operator, values]) =>
      fc.record({
        operator: fc.constant(operator),
        values: fc.subarray([...values], { minLength: 1 }),
        key: fc.constantFrom("aws:One", "aws:Two"),
      }),
    );
    const value = fc.constantFrom(
      "a*",
      "ab",
      "b",
      "",
      "5",
      "-3",
      "2026-06-01",
      "true",
      "10.1.1.1",
      "::1",
      "arn:aws:s3:::a/b",
      "YWI=",
      `\${*}`,
      "$",
    );
    const context = fc.dictionary(
      fc.constantFrom("aws:One", "aws:Two"),
      fc.oneof(value, fc.array(value, { maxLength: 3 })),
      { noNullPrototype: true },
    );
    const conditions = fc.uniqueArray(condition, {
      maxLength: 3,
      selector: ({ operator, key }) => operator + key,
    });
    fc.assert(
      fc.property(request, context, conditions, conditions, (question, keys, allowing, denying) => {
        const statement = (effect: "Allow" | "Deny", list: typeof allowing): Statement => ({
          effect,
          actions: { not: false, patterns: ["*"] },
          resources: { not: false, patterns: ["*"] },
          conditions: list,
          principals: onlyPrincipal("*"),
        });
        const statements = [statement("Allow", allowing), statement("Deny", denying)];
        const policies = {
          identity: [],
          resource: [{ name: "policy", document: { version: "2012-10-17" as const, statements } }],
        };
        const start = { request: { ...question, context: keys }, policies };
        const after = changesToAllow(start, surroundings).reduce(applyEdit, start);
        expect(decide(after.request, after.policies).outcome).toBe("allowed");
      }),
      { numRuns: 3000 },
    );
  });

  it("nothing is suggested for what is allowed already", () => {
    fc.assert(
      fc.property(request, rawPolicies, (question, raw) => {
        const policies = policiesOf(raw);
        fc.pre(decide(question, policies).outcome === "allowed");
        expect(changesToAllow({ request: question, policies }, surroundings)).toEqual([]);
      }),
    );
  });

  it("a change to a statement that allows takes no right from another request", () => {
    fc.assert(
      fc.property(request, request, rawPolicies, (question, other, raw) => {
        const start = { request: question, policies: policiesOf(raw) };
        const { policies } = changesToAllow(start, surroundings).reduce(applyEdit, start);
        const before = decide(other, start.policies).outcome;
        if (before === "allowed") expect(decide(other, policies).outcome).toBe("allowed");
      }),
      { numRuns: 2000 },
    );
  });
});
