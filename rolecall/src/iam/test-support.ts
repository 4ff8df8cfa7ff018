import { decide } from "./evaluate.ts";
import { parsePolicy } from "./policy.ts";
import type { AccessRequest, Caller, Decision, NamedPolicy, Policies, PolicyKind } from "./types.ts";

export const ACCOUNT = "123456789012";
export const OTHER_ACCOUNT = "210987654321";
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/reader`;
export const SESSION_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/reader/readPhoto`;
export const OBJECT = "arn:aws:s3:::photos/originals/one.wav";

export const session: Caller = {
  type: "principal",
  arn: SESSION_ARN,
  principalArn: ROLE_ARN,
  accountId: ACCOUNT,
};

/** Reading one object as a role session of the account that owns it, unless something else is said. */
export function request(changes: Partial<AccessRequest> = {}): AccessRequest {
  return {
    caller: session,
    action: "s3:GetObject",
    resource: OBJECT,
    resourceAccountId: ACCOUNT,
    context: {},
    ...changes,
  };
}

export function policy(kind: PolicyKind, ...statements: object[]): NamedPolicy {
  return {
    name: `the ${kind} policy`,
    document: parsePolicy({ Version: "2012-10-17", Statement: statements }, kind),
  };
}

export function identity(...statements: object[]): NamedPolicy[] {
  return [policy("identity-based", ...statements)];
}

export function resource(...statements: object[]): NamedPolicy[] {
  return [policy("resource-based", ...statements)];
}

/** Allows reading the object; each property can be replaced, or taken out by `undefined`. */
export function allow(changes: object = {}): object {
  return JSON.parse(
    JSON.stringify({ Effect: "Allow", Action: "s3:GetObject", Resource: OBJECT, ...changes }),
  );
}

export function deny(changes: object = {}): object {
  return { ...allow(changes), Effect: "Deny" };
}

/** What becomes of a request under these policies alone. */
export function outcome(
  policies: Partial<Policies>,
  changes: Partial<AccessRequest> = {},
): Decision["outcome"] {
  return decision(policies, changes).outcome;
}

export function decision(policies: Partial<Policies>, changes: Partial<AccessRequest> = {}): Decision {
  return decide(request(changes), { identity: [], resource: [], ...policies });
}
