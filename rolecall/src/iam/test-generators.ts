import fc from "fast-check";
import { parsePolicy } from "./policy.ts";
import { ACCOUNT, OTHER_ACCOUNT, ROLE_ARN, SESSION_ARN, session } from "./test-support.ts";
import type { AccessRequest, NamedPolicy, Policies, PolicyKind } from "./types.ts";

/** A statement as JSON has it. */
export interface RawStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: string | { readonly AWS: string } | { readonly Service: string };
  readonly Action?: string;
  readonly NotAction?: string;
  readonly Resource?: string;
  readonly NotResource?: string;
  readonly Condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export type RawPolicies = Readonly<Partial<Record<PolicyKind, readonly RawStatement[]>>>;

export const KINDS: readonly PolicyKind[] = [
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

export function statement(kind: PolicyKind): fc.Arbitrary<RawStatement> {
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

export const rawPolicies: fc.Arbitrary<RawPolicies> = fc
  .record({
    "identity-based": statements("identity-based"),
    "resource-based": statements("resource-based"),
    boundary: ceiling("boundary"),
    session: ceiling("session"),
    "service-control": ceiling("service-control"),
  })
  .map((kinds) => Object.fromEntries(Object.entries(kinds).filter(([, list]) => list !== undefined)));

export const request: fc.Arbitrary<AccessRequest> = fc.record({
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

export function policiesOf(raw: RawPolicies): Policies {
  const optional = (kind: "boundary" | "session") => raw[kind] && { [kind]: named(kind, raw[kind]) };
  return {
    identity: [named("identity-based", raw["identity-based"] ?? [])],
    resource: [named("resource-based", raw["resource-based"] ?? [])],
    ...optional("boundary"),
    ...optional("session"),
    ...(raw["service-control"] && { serviceControl: [named("service-control", raw["service-control"])] }),
  };
}
