import { describe, expect, it } from "vitest";
import { parsePolicy } from "../iam/policy.ts";
import type { TracedDecision } from "../run/index.ts";
import { type Holding, mutantsOf } from "./mutants.ts";
import type { Recording } from "./recording.ts";
import type { Scenario } from "./scenario.ts";
import { judge } from "./verdict.ts";

const accountId = "123456789012";
const bucket = "arn:aws:s3:::notes";

function roleOf(...statements: object[]): Holding {
  const document = parsePolicy({ Version: "2012-10-17", Statement: statements });
  return { holder: { type: "role", functionKey: "list" }, policies: [{ name: "inline", document }] };
}

function request(action: string, resource: string, isAllowed: boolean, context = {}): TracedDecision {
  return {
    time: new Date(),
    who: "list",
    caller: {
      type: "principal",
      arn: `arn:aws:sts::${accountId}:assumed-role/list/list`,
      principalArn: `arn:aws:iam::${accountId}:role/list`,
      accountId,
    },
    action,
    resource,
    context,
    decision: isAllowed
      ? { outcome: "allowed", by: { kind: "identity-based", policy: "inline", index: 0 } }
      : { outcome: "implicitly denied", missing: "identity-based" },
  };
}

const scenario = (name: string, more: Partial<Scenario> = {}): Scenario => ({
  name,
  steps: async () => {},
  ...more,
});

function recorded(
  holding: Holding,
  ...scenarios: readonly (readonly [Scenario, readonly TracedDecision[], took?: number])[]
): Recording {
  return {
    accountId,
    startup: [],
    scenarios: scenarios.map(([one, decisions, took = 1]) => ({ scenario: one, decisions, took })),
    holdings: [holding],
    boundaries: new Map(),
  };
}

/** The judgement on the change at a position among all changes. */
function judgeChange(index: number, holding: Holding, ...scenarios: Parameters<typeof recorded>[1][]) {
  const mutant = mutantsOf(holding)[index];
  if (!mutant) throw new Error("There is no such change.");
  return judge(recorded(holding, ...scenarios), mutant);
}

const list = {
  Effect: "Allow",
  Action: "s3:ListBucket",
  Resource: bucket,
  Condition: { StringLike: { "s3:prefix": "originals/*" } },
};
const audio = { "s3:prefix": "originals/" };
const takenAway = 0;
const lifted = 1;

describe("a change is", () => {
  it("open when something allowed is refused: the quickest scenario first", () => {
    const asks = [request("s3:ListBucket", bucket, true, audio)];

    const judgement = judgeChange(
      takenAway,
      roleOf(list),
      [scenario("slow"), asks, 2],
      [scenario("quick"), asks, 1],
    );

    expect(judgement).toMatchObject({
      type: "open",
      suspects: [{ scenario: { name: "quick" } }, { scenario: { name: "slow" } }],
    });
  });

  it("decided when the only refusals of a kind that a scenario asks for would not come", () => {
    const refused = [request("s3:ListBucket", bucket, false), request("s3:ListBucket", bucket, true, audio)];

    expect(judgeChange(lifted, roleOf(list), [scenario("forbidden"), refused])).toMatchObject({
      type: "decided",
      scenario: { name: "forbidden" },
    });
  });

  it("open when one refusal of its kind is left", () => {
    const refused = [
      request("s3:ListBucket", bucket, false),
      request("s3:ListBucket", "arn:aws:s3:::other", false),
    ];

    expect(judgeChange(lifted, roleOf(list), [scenario("forbidden"), refused])).toMatchObject({
      type: "open",
    });
  });

  it("a matter of rule when only Lambda asks", () => {
    const logs = { Effect: "Allow", Action: "logs:PutLogEvents", Resource: "*" };
    const asks = [
      request("logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:x:log-stream:y", true),
    ];

    expect(judgeChange(takenAway, roleOf(logs), [scenario("any"), asks])).toMatchObject({ type: "by rule" });
  });

  it("none when nobody asks, nor when another statement allows the same", () => {
    const asks = [request("s3:ListBucket", bucket, true, audio)];

    expect(judgeChange(takenAway, roleOf(list), [scenario("any"), []])).toEqual({ type: "unchanged" });
    expect(judgeChange(takenAway, roleOf(list, { ...list, Sid: "Twin" }), [scenario("any"), asks])).toEqual({
      type: "unchanged",
    });
  });

  it("none when only somebody asks who tries something forbidden in the function's name", () => {
    const asks = [request("s3:ListBucket", bucket, true, audio)];

    expect(judgeChange(takenAway, roleOf(list), [scenario("attempt", { isAttempt: true }), asks])).toEqual({
      type: "unchanged",
    });
  });
});

it("that a role can be assumed is a matter of rule, and that anybody else may assume it is spare", () => {
  const trust = (service: string) => ({
    Effect: "Allow",
    Principal: { Service: service },
    Action: "sts:AssumeRole",
  });
  const document = parsePolicy(
    { Version: "2012-10-17", Statement: [trust("lambda.amazonaws.com"), trust("ec2.amazonaws.com")] },
    "trust",
  );
  const holding: Holding = {
    holder: { type: "trust", functionKey: "list" },
    policies: [{ name: "role", document }],
  };

  expect(mutantsOf(holding).map((mutant) => judge(recorded(holding), mutant).type)).toEqual([
    "by rule",
    "unchanged",
  ]);
});
