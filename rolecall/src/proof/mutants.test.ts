import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../iam/evaluate.ts";
import { parsePolicy } from "../iam/policy.ts";
import type { AccessRequest } from "../iam/types.ts";
import { changeInWords } from "./findings.ts";
import { grantsOf, type Holding, mutantsOf, onlyGrant } from "./mutants.ts";

const caller = {
  type: "principal",
  arn: "arn:aws:sts::123456789012:assumed-role/reader/reader",
  principalArn: "arn:aws:iam::123456789012:role/reader",
  accountId: "123456789012",
} as const;

function holding(...statements: object[]): Holding {
  const document = parsePolicy({ Version: "2012-10-17", Statement: statements });
  return { holder: { type: "role", functionKey: "reader" }, policies: [{ name: "inline", document }] };
}

const isAllowed = (
  policies: Holding["policies"],
  request: Pick<AccessRequest, "action" | "resource" | "context">,
) =>
  decide({ caller, resourceAccountId: caller.accountId, ...request }, { identity: policies, resource: [] })
    .outcome === "allowed";

const changes = (one: Holding) =>
  mutantsOf(one).map(({ change }) => `${change.type}: ${changeInWords(change)}`);

describe("the changes of a statement", () => {
  it("take away each action on each resource by itself", () => {
    const statement = {
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject"],
      Resource: ["arn:aws:s3:::notes/originals/*", "arn:aws:s3:::notes/results/*"],
    };

    expect(changes(holding(statement))).toEqual([
      "taken away: s3:GetObject on notes/originals/*",
      "taken away: s3:GetObject on notes/results/*",
      "taken away: s3:PutObject on notes/originals/*",
      "taken away: s3:PutObject on notes/results/*",
    ]);
  });

  it("take away each principal, and know an account, a service and everyone", () => {
    const statement = {
      Effect: "Allow",
      Principal: { AWS: ["123456789012", "*"], Service: "s3.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: "arn:aws:sqs:us-east-1:123456789012:uploads",
    };

    expect(changes(holding(statement))).toEqual(
      ["123456789012", "*", "s3.amazonaws.com"].map(
        (who) => `taken away: sqs:SendMessage on uploads by ${who}`,
      ),
    );
  });

  it("lift each condition, and drop each value where there are several", () => {
    const statement = {
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::notes",
      Condition: {
        StringLike: { "s3:prefix": ["originals/*", "results/*"] },
        Bool: { "aws:SecureTransport": true },
      },
    };

    expect(changes(holding(statement)).slice(1)).toEqual([
      "lifted: the condition StringLike s3:prefix originals/*, results/*",
      "lifted: the condition Bool aws:SecureTransport true",
      "value dropped: the value originals/* of the condition StringLike s3:prefix",
      "value dropped: the value results/* of the condition StringLike s3:prefix",
    ]);
  });

  it("demand each key that IfExists or ForAllValues lets a request do without", () => {
    const one = holding({
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: "*",
      Condition: { StringLikeIfExists: { "s3:prefix": "originals/*" } },
    });
    const [, , demanded] = mutantsOf(one);
    const list = (context: Record<string, string>) => ({ action: "s3:ListBucket", resource: "*", context });

    expect(changes(one).slice(2)).toEqual([
      "key demanded: what StringLikeIfExists s3:prefix makes of a request without that key",
    ]);
    expect(isAllowed(one.policies, list({}))).toBe(true);
    expect(isAllowed(demanded?.policies ?? [], list({}))).toBe(false);
    expect(isAllowed(demanded?.policies ?? [], list({ "s3:prefix": "originals/1" }))).toBe(true);
  });

  it("drop each exclusion, until everything is included", () => {
    const one = holding({ Effect: "Allow", NotAction: "s3:DeleteObject", Resource: "*" });
    const [, dropped] = mutantsOf(one);
    const request = { action: "s3:DeleteObject", resource: "arn:aws:s3:::notes/x", context: {} };

    expect(changes(one)).toEqual([
      "taken away: all but s3:DeleteObject on *",
      "exclusion dropped: the value s3:DeleteObject of NotAction",
    ]);
    expect(isAllowed(one.policies, request)).toBe(false);
    expect(isAllowed(dropped?.policies ?? [], request)).toBe(true);
  });

  it("leave every other statement and every other policy alone", () => {
    const first = { Sid: "First", Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
    const second = { Sid: "Second", Effect: "Allow", Action: "s3:PutObject", Resource: "*" };
    const one = holding(first, second);
    const left = mutantsOf(one).map(({ policies }) => policies[0]?.document.statements.map(({ sid }) => sid));

    expect(left).toEqual([["Second"], ["First"]]);
  });
});

const names = (...values: string[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 });
const actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
const resources = ["arn:aws:s3:::notes/a", "arn:aws:s3:::notes/b", "arn:aws:s3:::notes/c"];

it("a statement allows what one of its grants allows, and without a grant what one of the others does", () => {
  fc.assert(
    fc.property(
      fc.record({ Action: names(...actions), Resource: names(...resources) }),
      fc.record({
        action: fc.constantFrom(...actions),
        resource: fc.constantFrom(...resources),
        context: fc.constant({}),
      }),
      (parts, request) => {
        const one = holding({ Effect: "Allow", ...parts });
        const [policy] = one.policies;
        const [statement] = policy?.document.statements ?? [];
        if (!policy || !statement) throw new Error("There is a statement.");
        const alone = grantsOf(statement).map((grant) => {
          const document = { ...policy.document, statements: [onlyGrant(statement, grant)] };
          return isAllowed([{ name: "alone", document }], request);
        });

        expect(isAllowed(one.policies, request)).toBe(alone.includes(true));
        for (const [index, mutant] of mutantsOf(one).entries()) {
          expect(isAllowed(mutant.policies, request)).toBe(alone.toSpliced(index, 1).includes(true));
        }
      },
    ),
  );
});
