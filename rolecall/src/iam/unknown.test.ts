import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "./evaluate.ts";
import { parsePolicy } from "./policy.ts";
import { KINDS, policiesOf, type RawPolicies, rawPolicies, request as requests } from "./test-generators.ts";
import {
  ACCOUNT,
  allow,
  decision,
  deny,
  identity,
  OBJECT,
  outcome,
  policy,
  ROLE_ARN,
  resource,
} from "./test-support.ts";
import type { AccessRequest } from "./types.ts";
import { unknown, unknownPolicy, unknownsIn, unless } from "./unknown.ts";

const X = unknown("import:X");

describe("a decision that hangs on an unknown", () => {
  it.each([
    ["action", { Action: `s3:${X}` }],
    ["resource", { Resource: `arn:aws:s3:::${X}/*` }],
    ["whole resource", { Resource: X }],
    ["partition", { Resource: `arn:${X}:s3:::photos/*` }],
    ["condition value", { Condition: { StringEquals: { "aws:RequestedRegion": X } } }],
    ["number", { Condition: { NumericLessThan: { "s3:max-keys": X } } }],
    ["Null", { Condition: { Null: { "aws:RequestedRegion": X } } }],
    ["condition", { Condition: X }],
    ["keys of a condition", { Condition: { StringEquals: X } }],
    ["effect", { Effect: X }],
  ])("names it: %s", (_, changes) => {
    const context = { "aws:RequestedRegion": "eu-west-1", "s3:max-keys": "10" };
    const decided = decision({ identity: identity(allow(changes)) }, { context });
    expect(decided).toEqual({
      outcome: "unknown",
      because: ["import:X"],
      otherwise: { outcome: "implicitly denied", missing: "identity-based" },
    });
  });

  it("hangs on a policy of which nothing is known, wherever it stands", () => {
    const some = unknownPolicy("arn:aws:iam::aws:policy/Some");
    const allowing = identity(allow());
    expect(outcome({ identity: [some] })).toBe("unknown");
    expect(outcome({ identity: [...allowing, some] })).toBe("unknown");
    expect(outcome({ identity: allowing, boundary: some })).toBe("unknown");
    expect(outcome({ identity: allowing, resource: [some] })).toBe("unknown");
    expect(decision({ identity: allowing, boundary: some })).toMatchObject({
      because: ["arn:aws:iam::aws:policy/Some"],
      otherwise: { outcome: "allowed" },
    });
  });

  it("hangs on whom a resource-based policy names", () => {
    for (const AWS of [X, `arn:aws:iam::${X}:root`, `arn:aws:iam::${ACCOUNT}:role/${X}`])
      expect(outcome({ resource: resource(deny({ Principal: { AWS } })), identity: identity(allow()) })).toBe(
        "unknown",
      );
    expect(outcome({ resource: resource(allow({ Principal: X })) })).toBe("unknown");
    const service = { caller: { type: "service", service: "s3.amazonaws.com" } } as const;
    expect(outcome({ resource: resource(allow({ Principal: X })) }, service)).toBe("unknown");
    expect(outcome({ resource: resource(allow({ Principal: { AWS: X } })) }, service)).toBe("unknown");
    expect(outcome({ resource: resource(allow({ Principal: { AWS: `a${X}` } })) }, service)).toBe(
      "implicitly denied",
    );
  });

  it("hangs on a condition operator that does not exist, and names it", () => {
    const document = parsePolicy(
      { Version: "2012-10-17", Statement: allow({ Condition: { StringIs: { "aws:Key": "a" } } }) },
      "identity-based",
      "kept",
    );
    expect(decision({ identity: [{ name: "inline", document }] })).toMatchObject({
      outcome: "unknown",
      because: ['the condition operator "StringIs"'],
    });
  });

  it("hangs on unknowns of the request", () => {
    expect(outcome({ identity: identity(allow()) }, { resource: `arn:aws:s3:::${X}/one.wav` })).toBe(
      "unknown",
    );
    const isPrefix = { Condition: { StringLike: { "s3:prefix": "originals/*" } } };
    expect(
      outcome({ identity: identity(allow(isPrefix)) }, { context: { "s3:prefix": `originals/${X}` } }),
    ).toBe("allowed");
    expect(outcome({ identity: identity(allow(isPrefix)) }, { context: { "s3:prefix": `${X}/` } })).toBe(
      "unknown",
    );
    expect(outcome({ identity: identity(allow(isPrefix)) }, { context: { "s3:prefix": `b${X}` } })).toBe(
      "implicitly denied",
    );
  });
});

describe("an unknown does not matter", () => {
  it("to what it is not about", () => {
    expect(outcome({ identity: identity(allow(), allow({ Resource: `arn:aws:sqs:${X}` })) })).toBe("allowed");
    expect(outcome({ identity: identity(allow({ Resource: `arn:aws:s3:::other/${X}` })) })).toBe(
      "implicitly denied",
    );
    expect(outcome({ identity: identity(allow(), deny({ Resource: `arn:aws:s3:::other/${X}` })) })).toBe(
      "allowed",
    );
  });

  it("where another statement decides", () => {
    expect(outcome({ identity: identity(allow({ Resource: X }), allow()) })).toBe("allowed");
    expect(outcome({ identity: identity(allow({ Resource: X }), deny()) })).toBe("explicitly denied");
    const nothing = policy("boundary", allow({ Action: "sqs:*", Resource: "*" }));
    expect(outcome({ identity: identity(allow({ Resource: X })), boundary: nothing })).toBe(
      "implicitly denied",
    );
  });

  it("against itself", () => {
    const asked = { resource: `${X}/audio` };
    expect(outcome({ identity: identity(allow({ Resource: `${X}/*` })) }, asked)).toBe("allowed");
    expect(outcome({ identity: identity(allow({ Resource: `${unknown("Y")}/*` })) }, asked)).toBe("unknown");
  });

  it("in a trust of the account that no caller of ours needs", () => {
    const oai = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABC";
    const carried = resource(
      allow({ Principal: { AWS: oai } }),
      allow({ Principal: { CanonicalUser: "79a5" } }),
    );
    expect(outcome({ resource: carried })).toBe("implicitly denied");
    expect(outcome({ resource: carried, identity: identity(allow()) })).toBe("allowed");
    expect(outcome({ resource: resource(deny({ Principal: { CanonicalUser: "79a5" } })) })).not.toBe(
      "allowed",
    );
  });
});

it("an unknown is named once, whatever text it stands in", () => {
  expect(unknownsIn(`arn:aws:s3:::${X}/${X}/${unknown("Y")}`)).toEqual(["import:X", "Y"]);
  expect(unknownsIn(OBJECT + ROLE_ARN)).toEqual([]);
});

/** Puts unknowns in the place of some texts. */
const cuts: readonly (readonly [string, string])[] = [
  ["s3:Get", "s3:⟨A⟩"],
  ["GetObject", "⟨A⟩Object"],
  ["arn:aws:s3:::a/", "arn:aws:s3:::⟨B⟩/"],
  [":::a", "⟨B⟩a"],
  ['"arn:aws:s3:::*"', '"⟨C⟩"'],
  ['"x"', '"⟨D⟩"'],
  ['"y"', '"y⟨D⟩"'],
  ['"7"', '"⟨D⟩⟨B⟩"'],
  [`{"AWS":"${ROLE_ARN}"}`, '{"AWS":"⟨E⟩"}'],
  [`{"AWS":"${ACCOUNT}"}`, '"⟨E⟩"'],
];
const values = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "Get",
    "*",
    "?",
    ":::",
    "x",
    "y",
    "7",
    ACCOUNT,
    ROLE_ARN,
    "arn:aws:s3:::a/b",
    "arn:aws:s3:::b",
  ),
  fc.string({ unit: fc.constantFrom("a", "b", "/", ":", "*", "x", "y"), maxLength: 5 }),
);

describe("whatever the unknowns are,", () => {
  it("the decision is the one that was said, unless it was said to be unknown", () => {
    let known = 0;
    let open = 0;
    fc.assert(
      fc.property(
        requests,
        rawPolicies,
        fc.subarray([...cuts], { minLength: 1 }),
        fc.record({ A: values, B: values, C: values, D: values, E: values }),
        (question, raw, chosen, meant) => {
          const vague = (text: string) => chosen.reduce((all, [from, to]) => all.replaceAll(from, to), text);
          const concrete = (text: string) =>
            Object.entries(meant).reduce((all, [name, value]) => all.replaceAll(`⟨${name}⟩`, value), text);
          const asked: AccessRequest = JSON.parse(vague(JSON.stringify(question)));
          const policies: RawPolicies = JSON.parse(vague(JSON.stringify(raw)));
          const said = decide({ ...asked, caller: question.caller }, policiesOf(policies));
          let decided: ReturnType<typeof decide>;
          try {
            decided = decide(
              { ...JSON.parse(concrete(JSON.stringify(asked))), caller: question.caller },
              policiesOf(JSON.parse(concrete(JSON.stringify(policies)))),
            );
          } catch {
            // The text would not be taken at all.
            return true;
          }
          if (said.outcome === "unknown") {
            open += 1;
            return true;
          }
          known += 1;
          return (said.outcome === "allowed") === (decided.outcome === "allowed");
        },
      ),
      { numRuns: 5000 },
    );
    expect(known).toBeGreaterThan(500);
    expect(open).toBeGreaterThan(10);
  });

  it("a policy of which nothing is known may be any", () => {
    fc.assert(
      fc.property(requests, rawPolicies, fc.constantFrom(...KINDS), (question, raw, kind) => {
        const there = policiesOf(raw);
        const hidden = unknownPolicy("hidden");
        const said = decide(question, {
          ...there,
          ...(kind === "identity-based" && { identity: [hidden] }),
          ...(kind === "resource-based" && { resource: [hidden] }),
          ...(kind === "boundary" && there.boundary && { boundary: hidden }),
          ...(kind === "session" && there.session && { session: hidden }),
          ...(kind === "service-control" && there.serviceControl && { serviceControl: [hidden] }),
        });
        return (
          said.outcome === "unknown" ||
          (said.outcome === "allowed") === (decide(question, there).outcome === "allowed")
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("without one, nothing is unknown", () => {
    fc.assert(
      fc.property(
        requests,
        rawPolicies,
        (question, raw) => decide(question, policiesOf(raw)).outcome !== "unknown",
      ),
    );
  });
});

describe("the words of what is not known", () => {
  const POLICY = "arn:aws:iam::123456789012:policy/Some";
  const allowed = { outcome: "allowed", by: { kind: "identity-based", policy: "Own", index: 0 } } as const;
  const denied = { outcome: "implicitly denied", missing: "identity-based" } as const;
  const words = (otherwise: typeof allowed | typeof denied, ...because: string[]) =>
    unless({ outcome: "unknown", because, otherwise });

  it("say that a policy may deny what is allowed, or allow what is denied", () => {
    const give = "give a policy with --policy ARN=FILE";
    expect(words(allowed, POLICY)).toBe(`unless ${POLICY}, which is not known here, denies it; ${give}`);
    expect(words(denied, POLICY)).toBe(`unless ${POLICY}, which is not known here, allows it; ${give}`);
  });

  it("do not say that a value allows or denies", () => {
    expect(words(denied, "import:X")).toBe("unless import:X, which is not known here, says otherwise");
    expect(words(allowed, "import:X", POLICY)).toContain("which are not known here, say otherwise");
  });
});
