import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePolicy } from "../iam/policy.ts";
import type { NamedPolicy } from "../iam/types.ts";
import { createWhatIf } from "./what-if.ts";

const policy: NamedPolicy = {
  name: "own",
  document: parsePolicy({
    Version: "2012-10-17",
    Statement: [
      { Sid: "Read", Effect: "Allow", Action: ["s3:GetObject", "s3:ListBucket"], Resource: "*" },
      { Sid: "Write", Effect: "Allow", Action: "s3:PutObject", Resource: "*" },
      { Sid: "Others", Effect: "Allow", NotAction: "s3:DeleteObject", Resource: "*" },
    ],
  }),
};
const other: NamedPolicy = { name: "other", document: policy.document };

function inForce() {
  return {
    identity: new Map<string, readonly NamedPolicy[]>([["reader", [policy, other]]]),
    resource: new Map<string, readonly NamedPolicy[]>([["arn:aws:sqs:::q", [policy]]]),
  };
}

const actionsOf = (policies: readonly NamedPolicy[] | undefined) =>
  policies?.map(({ document }) => document.statements.map(({ actions }) => actions.patterns));

describe("What if", () => {
  it("takes one action out of one statement of one policy, whether of a principal or of a resource", () => {
    const policies = inForce();
    const whatIf = createWhatIf(policies);

    whatIf.change({ holder: "reader", policy: "own", index: 0, action: "s3:GetObject", isAllowed: false });
    whatIf.change({
      holder: "arn:aws:sqs:::q",
      policy: "own",
      index: 1,
      action: "s3:PutObject",
      isAllowed: false,
    });

    const whole = [["s3:GetObject", "s3:ListBucket"], ["s3:PutObject"], ["s3:DeleteObject"]];
    expect(actionsOf(policies.identity.get("reader"))).toEqual([
      [["s3:ListBucket"], ["s3:PutObject"], ["s3:DeleteObject"]],
      whole,
    ]);
    expect(actionsOf(policies.resource.get("arn:aws:sqs:::q"))).toEqual([
      [["s3:GetObject", "s3:ListBucket"], [], ["s3:DeleteObject"]],
    ]);
  });

  it("leaves nothing changed once all is put back, one by one or together, whatever was taken in which order", () => {
    const change = fc.record({
      holder: fc.constantFrom("reader", "arn:aws:sqs:::q"),
      policy: fc.constant("own"),
      index: fc.constant(0),
      action: fc.constantFrom("s3:GetObject", "s3:ListBucket"),
      isAllowed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change), fc.boolean(), (changes, together) => {
        const policies = inForce();
        const before = [policies.identity.get("reader"), policies.resource.get("arn:aws:sqs:::q")];
        const whatIf = createWhatIf(policies);
        for (const one of changes) whatIf.change(one);

        if (together) whatIf.reset();
        else for (const taken of whatIf.taken) whatIf.change({ ...taken, isAllowed: true });

        expect(whatIf.taken).toEqual([]);
        expect(policies.identity.get("reader")).toBe(before[0]);
        expect(policies.resource.get("arn:aws:sqs:::q")).toBe(before[1]);
      }),
    );
  });

  it.each([
    { holder: "nobody" },
    { policy: "none" },
    { index: 7 },
    { action: "s3:DeleteObject" },
    { index: 2, action: "s3:DeleteObject" },
  ])("refuses %j, which no statement allows", (wrong) => {
    const whatIf = createWhatIf(inForce());
    const change = { holder: "reader", policy: "own", index: 0, action: "s3:GetObject", isAllowed: false };

    expect(() => whatIf.change({ ...change, ...wrong })).toThrow(/does not name/);
    expect(whatIf.taken).toEqual([]);
  });
});
