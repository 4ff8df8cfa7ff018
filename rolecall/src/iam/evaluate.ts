import { lean } from "./reading.ts";
import { compile, leaning, namesCaller, type Question, type Reach, toQuestion } from "./statements.ts";
import type {
  AccessRequest,
  Caller,
  DecidingStatement,
  Decision,
  KnownDecision,
  NamedPolicy,
  Policies,
  PolicyKind,
  Statement,
} from "./types.ts";

/**
 * Decides as IAM does: denied by default; an explicit deny in any policy wins; within an account an identity-based
 * or a resource-based policy has to allow, across accounts both; permissions boundary, session policy and service
 * control policies have to allow as well. An AWS service that acts for itself has nothing but the resource-based
 * policy. `serviceControl` holds the policies of one level of the organisation; an empty list allows nothing.
 *
 * The policy of a KMS key and a role's trust policy have to allow within the account too, be it by naming the account.
 * Where none is given, that is taken for granted.
 *
 * Where something of it is unknown, it is decided twice: taken so that as much as possible is allowed, and as little.
 * If both allow, or neither does, the unknowns do not matter; else the decision is unknown.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function decide(request: AccessRequest, policies: Policies): Decision {
  const question = toQuestion(request, policies);
  const otherwise = answer(question, request, policies);
  // No comparison hung on an unknown: whatever they are, it is decided like this.
  if (question.met.length === 0) return otherwise;
  const allows = (side: "generous" | "strict") =>
    answer(leaning(question, side), request, policies).outcome === "allowed";
  const [most, least] = [allows("generous"), allows("strict")];
  return most === least
    ? otherwise
    : { outcome: "unknown", because: [...new Set(question.met)].sort(), otherwise };
}

function answer(question: Question, request: AccessRequest, policies: Policies): KnownDecision {
  const kinds = policiesByKind(request.caller, policies);
  for (const [kind, documents] of kinds) {
    const deny = find(kind, documents, "Deny", question);
    if (deny !== undefined) return { outcome: "explicitly denied", by: deny };
  }
  if (request.caller.type === "service") {
    const grant = find("resource-based", policies.resource, "Allow", question);
    return grant ? { outcome: "allowed", by: grant } : implicitlyDenied("resource-based");
  }

  const ceiling = (kind: PolicyKind) => {
    const documents = kinds.get(kind);
    return documents !== undefined && findCeiling(kind, documents, question) === undefined ? kind : undefined;
  };
  const fromResource = (...reaches: Reach[]) =>
    find("resource-based", policies.resource, "Allow", question, reaches);

  const outside = ceiling("service-control");
  if (outside !== undefined) return implicitlyDenied(outside);

  const identity = find("identity-based", policies.identity, "Allow", question);
  const limit = ceiling("boundary") ?? ceiling("session");
  if (request.caller.accountId !== request.resourceAccountId) {
    if (identity === undefined) return implicitlyDenied("identity-based");
    if (fromResource("session", "role", "account") === undefined) return implicitlyDenied("resource-based");
    return limit === undefined ? { outcome: "allowed", by: identity } : implicitlyDenied(limit);
  }
  const isLeftToIdentity =
    !hasLastWord(question.action) ||
    policies.resource.length === 0 ||
    fromResource("session", "role", "account") !== undefined;
  if (!isLeftToIdentity) return implicitlyDenied("resource-based");
  if (identity !== undefined && limit === undefined) return { outcome: "allowed", by: identity };
  const grant = fromResource("session") ?? (limit === undefined ? fromResource("role") : undefined);
  if (grant !== undefined) return { outcome: "allowed", by: grant };
  const isGranted = identity !== undefined || fromResource("role") !== undefined;
  return implicitlyDenied(isGranted && limit !== undefined ? limit : "identity-based");
}

/**
 * Whether the policy of what is asked about has to allow, whatever the caller's own say.
 *
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
 *
 * @param action In lower case.
 */
function hasLastWord(action: string): boolean {
  return action.startsWith("kms:") || action.startsWith("sts:assumerole");
}

function implicitlyDenied(missing: PolicyKind): KnownDecision {
  return { outcome: "implicitly denied", missing };
}

/** The policies that apply to the caller, in the order in which IAM looks for a denial. */
export function policiesByKind(
  caller: Caller,
  policies: Policies,
): ReadonlyMap<PolicyKind, readonly NamedPolicy[]> {
  const kinds = new Map<PolicyKind, readonly NamedPolicy[]>();
  const isService = caller.type === "service";
  if (!isService && policies.serviceControl) kinds.set("service-control", policies.serviceControl);
  kinds.set("resource-based", policies.resource);
  if (isService) return kinds;
  kinds.set("identity-based", policies.identity);
  if (policies.boundary) kinds.set("boundary", [policies.boundary]);
  if (policies.session) kinds.set("session", [policies.session]);
  return kinds;
}

/** A ceiling of which nothing is known limits nothing as long as unknowns say nothing. */
function findCeiling(
  kind: PolicyKind,
  policies: readonly NamedPolicy[],
  question: Question,
): DecidingStatement | undefined {
  const found = find(kind, policies, "Allow", question);
  const isLiteral = question.readings.Allow.opposite === question.readings.Allow;
  const unseen = isLiteral ? policies.find(({ unknown }) => unknown !== undefined) : undefined;
  return found ?? (unseen && { kind, policy: unseen.name, index: 0 });
}

/** The first statement with this effect that applies, of those that name the caller in one of these ways. */
function find(
  kind: PolicyKind,
  policies: readonly NamedPolicy[],
  effect: Statement["effect"],
  question: Question,
  reaches?: readonly Reach[],
): DecidingStatement | undefined {
  for (const { name, document } of policies) {
    for (const [index, compiled] of compile(document).entries()) {
      const { statement } = compiled;
      if (statement.effect !== effect) continue;
      if (!namesCaller(kind, statement, question, reaches) || !compiled.applies(question)) continue;
      return { kind, policy: name, index, ...(statement.sid !== undefined && { sid: statement.sid }) };
    }
    if (document.unknown !== undefined && lean(document.unknown, question.readings[effect]))
      return { kind, policy: name, index: document.statements.length };
  }
  return undefined;
}
