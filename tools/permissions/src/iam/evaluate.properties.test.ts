import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "./evaluate.ts";
import { parsePolicy } from "./policy.ts";
import { ACCOUNT, OTHER_ACCOUNT, ROLE_ARN, SESSION_ARN, session } from "./test-support.ts";
import type { AccessRequest, NamedPolicy, Policies, PolicyKind } from "./types.ts";

interface RawStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: string | { readonly AWS: string } | { readonly Service: string };
  readonly Action?: string;
  readonly NotAction?: string;
  readonly Resource?: string;
  readonly NotResource?: string;
  readonly Condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

type RawPolicies = Readonly<Partial<Record<PolicyKind, readonly RawStatement[]>>>;

const KINDS: readonly PolicyKind[] = [
  "identity-based",
  "resource-based",
  "boundary",
  "session",
  "service-control",
];

// Few and similar values, so that statements and requests meet often.
const actions = ["s3:GetObject", "s3:GetBucket", "s3:PutObject", "sqs:SendMessage"];
const actionPatterns = [...actions, "s3:Get*", "s3:*", "S3:get?bject", "*"];
const resources = ["arn:aws:s3:::a/b", "arn:aws:s3:::a/c", "arn:aws:s3:::b", "arn:aws:sqs:eu-west-1:1:q"];
const resourcePatterns = [...resources, "arn:aws:s3:::a/*", "arn:aws:s3:::?", "arn:aws:s3:::*", "*"];
const keys = ["aws:One", "aws:Two"];
const values = ["x", "y", "7"];

// Mostly Allow, and mostly unconditional: else almost everything is denied, and there is little to compare.
const effect = fc.constantFrom<RawStatement["Effect"]>(...Array<"Allow">(9).fill("Allow"), "Deny");

const condition = fc.dictionary(
  fc.constantFrom(
    "StringEquals",
    "StringNotEquals",
    "StringLikeIfExists",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringNotLike",
  ),
  fc.dictionary(
    fc.constantFrom(...keys),
    fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }),
    {
      maxKeys: 2,
      minKeys: 1,
      noNullPrototype: true,
    },
  ),
  { maxKeys: 2, noNullPrototype: true },
);

const principal = fc.constantFrom<NonNullable<RawStatement["Principal"]>>(
  "*",
  { AWS: ROLE_ARN },
  { AWS: SESSION_ARN },
  { AWS: ACCOUNT },
  { AWS: OTHER_ACCOUNT },
  { Service: "s3.amazonaws.com" },
);

function statement(kind: PolicyKind): fc.Arbitrary<RawStatement> {
  return fc
    .record({
      Effect: effect,
      action: fc.record({ not: fc.boolean(), pattern: fc.constantFrom(...actionPatterns) }),
      resource: fc.record({ not: fc.boolean(), pattern: fc.constantFrom(...resourcePatterns) }),
      Condition: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: condition }),
      Principal: principal,
    })
    .map(({ Effect, action, resource, Condition, Principal }) => ({
      Effect,
      [action.not ? "NotAction" : "Action"]: action.pattern,
      [resource.not ? "NotResource" : "Resource"]: resource.pattern,
      Condition,
      ...(kind === "resource-based" && { Principal }),
    }));
}

const statements = (kind: PolicyKind) => fc.array(statement(kind), { minLength: 1, maxLength: 5 });
const ceiling = (kind: PolicyKind) => fc.option(statements(kind), { freq: 2, nil: undefined });

const rawPolicies: fc.Arbitrary<RawPolicies> = fc
  .record({
    "identity-based": statements("identity-based"),
    "resource-based": statements("resource-based"),
    boundary: ceiling("boundary"),
    session: ceiling("session"),
    "service-control": ceiling("service-control"),
  })
  .map((kinds) => Object.fromEntries(Object.entries(kinds).filter(([, list]) => list !== undefined)));

const request: fc.Arbitrary<AccessRequest> = fc.record({
  caller: fc.constantFrom(session, { type: "service", service: "s3.amazonaws.com" } as const),
  action: fc.constantFrom(...actions),
  resource: fc.constantFrom(...resources, "*"),
  resourceAccountId: fc.constantFrom(ACCOUNT, ACCOUNT, OTHER_ACCOUNT),
  context: fc.dictionary(
    fc.constantFrom(...keys),
    fc.oneof(fc.constantFrom(...values), fc.array(fc.constantFrom(...values), { maxLength: 2 })),
    { noNullPrototype: true },
  ),
});

function named(kind: PolicyKind, statements: readonly RawStatement[]): NamedPolicy {
  return { name: kind, document: parsePolicy({ Version: "2012-10-17", Statement: statements }, kind) };
}

function policiesOf(raw: RawPolicies): Policies {
  const optional = (kind: "boundary" | "session") => raw[kind] && { [kind]: named(kind, raw[kind]) };
  return {
    identity: [named("identity-based", raw["identity-based"] ?? [])],
    resource: [named("resource-based", raw["resource-based"] ?? [])],
    ...optional("boundary"),
    ...optional("session"),
    ...(raw["service-control"] && { serviceControl: [named("service-control", raw["service-control"])] }),
  };
}

function isAllowed(question: AccessRequest, raw: RawPolicies): boolean {
  return decide(question, policiesOf(raw)).outcome === "allowed";
}

/** Changes every Allow of a set of policies; the change must not take a right away. */
function expectWider(change: (statement: RawStatement) => RawStatement): void {
  fc.assert(
    fc.property(request, rawPolicies, (question, raw) => {
      const wider = Object.fromEntries(
        Object.entries(raw).map(([kind, statements]) => [
          kind,
          statements.map((each) => (each.Effect === "Allow" ? change(each) : each)),
        ]),
      );
      return !isAllowed(question, raw) || isAllowed(question, wider);
    }),
    { numRuns: 2000 },
  );
}

describe("whatever the policies say,", () => {
  it("a Deny that applies always wins", () => {
    fc.assert(
      fc.property(request, rawPolicies, fc.constantFrom(...KINDS), fc.nat(), (question, raw, kind, place) => {
        // Policies attached to a principal have nothing to say about a service.
        const where = question.caller.type === "service" ? "resource-based" : kind;
        const deny: RawStatement = {
          Effect: "Deny",
          Action: question.action,
          Resource: "*",
          Condition: {},
          ...(where === "resource-based" && { Principal: "*" }),
        };
        const statements = raw[where] ?? [];
        const denied = { ...raw, [where]: statements.toSpliced(place % (statements.length + 1), 0, deny) };
        return decide(question, policiesOf(denied)).outcome === "explicitly denied";
      }),
    );
  });

  it("adding an Allow never takes a right away", () => {
    const addition = fc
      .constantFrom(...KINDS)
      .chain((kind) => fc.record({ kind: fc.constant(kind), added: statement(kind) }));
    fc.assert(
      fc.property(request, rawPolicies, addition, (question, raw, { kind, added }) => {
        const statements = raw[kind];
        // The first policy of its kind is a ceiling that was not there before.
        if (statements === undefined || !isAllowed(question, raw)) return true;
        return isAllowed(question, { ...raw, [kind]: [...statements, { ...added, Effect: "Allow" }] });
      }),
      { numRuns: 2000 },
    );
  });

  it("widening the resource of an Allow never denies", () => {
    expectWider((each) => (each.Resource === undefined ? each : { ...each, Resource: "*" }));
    expectWider((each) =>
      each.Resource?.startsWith("arn:") ? { ...each, Resource: `${each.Resource.slice(0, 12)}*` } : each,
    );
  });

  it("widening the action of an Allow never denies", () => {
    expectWider((each) => (each.Action === undefined ? each : { ...each, Action: "*" }));
    expectWider((each) =>
      each.Action?.includes(":") ? { ...each, Action: `${each.Action.split(":")[0]}:*` } : each,
    );
  });

  it("removing the conditions of an Allow never denies", () => {
    expectWider((each) => ({ ...each, Condition: {} }));
  });

  it("the order of statements does not change the decision", () => {
    fc.assert(
      fc.property(request, rawPolicies, (question, raw) => {
        const reversed = Object.fromEntries(
          Object.entries(raw).map(([kind, statements]) => [kind, statements.toReversed()]),
        );
        const [one, other] = [decide(question, policiesOf(raw)), decide(question, policiesOf(reversed))];
        expect(other.outcome).toBe(one.outcome);
        if (one.outcome === "implicitly denied") expect(other).toEqual(one);
        if (one.outcome !== "implicitly denied" && other.outcome !== "implicitly denied")
          expect(other.by.kind).toBe(one.by.kind);
      }),
    );
  });

  it("the case of actions and of condition keys does not change the decision", () => {
    fc.assert(
      fc.property(request, rawPolicies, (question, raw) => {
        const shouted = {
          ...question,
          action: question.action.toUpperCase(),
          context: Object.fromEntries(
            Object.entries(question.context).map(([key, value]) => [key.toUpperCase(), value]),
          ),
        };
        expect(decide(shouted, policiesOf(raw))).toEqual(decide(question, policiesOf(raw)));
      }),
    );
  });

  it("a decision is made, and the statement it names is there", () => {
    const effects = { allowed: "Allow", "explicitly denied": "Deny" };
    fc.assert(
      fc.property(request, rawPolicies, (question, raw) => {
        const decision = decide(question, policiesOf(raw));
        if (decision.outcome === "implicitly denied") return true;
        return raw[decision.by.kind]?.[decision.by.index]?.Effect === effects[decision.outcome];
      }),
    );
  });
});
