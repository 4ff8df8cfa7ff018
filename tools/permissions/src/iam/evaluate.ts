import { type ConditionTest, compileCondition, toContext } from "./conditions.ts";
import { compileGlob, compileResourceGlob, type Glob, matchGlob } from "./globs.ts";
import type {
  AccessRequest,
  Caller,
  DecidingStatement,
  Decision,
  NamedPolicy,
  Policies,
  Policy,
  PolicyKind,
  PrincipalElement,
  Statement,
} from "./types.ts";
import { type Context, constant, parseVariables, substitute } from "./variables.ts";

/** A request made comparable once for all the statements it is held against. */
interface Question {
  readonly caller: Caller;
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
  /** NotPrincipal with Deny spares nobody who has a permissions boundary. */
  readonly hasBoundary: boolean;
}

/**
 * How a statement's Principal names the caller. An Allow that names the session, the user or everyone grants the
 * right to the session itself; one that names the role grants it to the role, whose boundary and session policies
 * still count; one that names the account leaves it to the account's identity-based policies.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
type Reach = "session" | "role" | "account";

/**
 * Decides as IAM does: denied by default; an explicit deny in any policy wins; within an account an identity-based
 * or a resource-based policy has to allow, across accounts both; permissions boundary, session policy and service
 * control policies have to allow as well. An AWS service that acts for itself has nothing but the resource-based
 * policy. `serviceControl` holds the policies of one level of the organisation; an empty list allows nothing.
 *
 * Not modelled: KMS keys and role trust, whose policies have to allow within the account too.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function decide(request: AccessRequest, policies: Policies): Decision {
  const question: Question = {
    caller: request.caller,
    action: request.action.toLowerCase(),
    resource: request.resource,
    context: toContext(request.context),
    hasBoundary: policies.boundary !== undefined,
  };
  const kinds = byKind(request.caller, policies);
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
    return documents !== undefined && find(kind, documents, "Allow", question) === undefined
      ? kind
      : undefined;
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
  if (identity !== undefined && limit === undefined) return { outcome: "allowed", by: identity };
  const grant = fromResource("session") ?? (limit === undefined ? fromResource("role") : undefined);
  if (grant !== undefined) return { outcome: "allowed", by: grant };
  const isGranted = identity !== undefined || fromResource("role") !== undefined;
  return implicitlyDenied(isGranted && limit !== undefined ? limit : "identity-based");
}

function implicitlyDenied(missing: PolicyKind): Decision {
  return { outcome: "implicitly denied", missing };
}

/** The policies that apply to the caller, in the order in which IAM looks for a denial. */
function byKind(caller: Caller, policies: Policies): ReadonlyMap<PolicyKind, readonly NamedPolicy[]> {
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
  }
  return undefined;
}

/**
 * A policy attached to a principal is about that principal; a resource-based policy says whom it is about. A
 * statement that is malformed in this (`parsePolicy` refuses it) never allows, and still denies.
 */
function namesCaller(
  kind: PolicyKind,
  statement: Statement,
  question: Question,
  reaches: readonly Reach[] | undefined,
): boolean {
  const { principals, effect } = statement;
  if ((kind === "resource-based") !== (principals !== undefined)) return effect === "Deny";
  if (principals === undefined) return true;
  if (principals.not)
    return isNotSpared(principals, effect, question) && (reaches?.includes("session") ?? true);
  const reach = reachOf(principals, question.caller);
  return reach !== undefined && (reaches?.includes(reach) ?? true);
}

/** The strongest way in which a Principal names the caller. `"*"` is everyone, AWS services included. */
function reachOf(principals: PrincipalElement, caller: Caller): Reach | undefined {
  if (principals.anyone) return "session";
  if (caller.type === "service") return principals.services.includes(caller.service) ? "session" : undefined;
  if (principals.aws.includes(caller.arn)) return "session";
  if (principals.aws.includes(caller.principalArn)) return "role";
  return principals.aws.some((name) => isAccount(name, caller.accountId)) ? "account" : undefined;
}

function isAccount(principal: string, accountId: string): boolean {
  return (
    principal === accountId || (principal.startsWith("arn:") && principal.endsWith(`:iam::${accountId}:root`))
  );
}

/**
 * NotPrincipal, read the careful way, since AWS may check the account, the role and the session one after the
 * other: a Deny spares only a caller of whom all are listed, and none with a permissions boundary; an Allow leaves
 * out every caller of whom one is listed.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function isNotSpared(principals: PrincipalElement, effect: Statement["effect"], question: Question): boolean {
  const { caller } = question;
  if (effect === "Deny" && question.hasBoundary) return true;
  if (principals.anyone) return false;
  if (caller.type === "service") return !principals.services.includes(caller.service);
  const listed = [
    principals.aws.some((name) => isAccount(name, caller.accountId)),
    principals.aws.includes(caller.principalArn),
    principals.aws.includes(caller.arn),
  ];
  return effect === "Deny" ? listed.includes(false) : !listed.includes(true);
}

interface CompiledStatement {
  readonly statement: Statement;
  /** Whether action, resource and conditions fit. */
  readonly applies: (question: Question) => boolean;
}

const compiledPolicies = new WeakMap<Policy, readonly CompiledStatement[]>();

function compile(policy: Policy): readonly CompiledStatement[] {
  const known = compiledPolicies.get(policy);
  if (known !== undefined) return known;
  const compiled = policy.statements.map((statement) => compileStatement(statement, policy.version));
  compiledPolicies.set(policy, compiled);
  return compiled;
}

function compileStatement(statement: Statement, version: Policy["version"]): CompiledStatement {
  const { actions, resources } = statement;
  const actionGlobs = actions.patterns.map((pattern) =>
    compileGlob([{ text: pattern.toLowerCase(), wildcards: true }]),
  );
  const resourceTests = resources?.patterns.map((pattern) => compileResource(pattern, version));
  const conditions: readonly ConditionTest[] = statement.conditions.map((condition) =>
    compileCondition(condition, version),
  );
  return {
    statement,
    applies: ({ action, resource, context }) =>
      actionGlobs.some((glob) => matchGlob(glob, action)) !== actions.not &&
      (resourceTests === undefined ||
        resourceTests.some((test) => test(resource, context)) !== resources?.not) &&
      conditions.every((test) => test(context)),
  };
}

/** A variable without a value makes a resource that is no resource at all. */
function compileResource(
  pattern: string,
  version: Policy["version"],
): (resource: string, context: Context) => boolean {
  const parts = parseVariables(pattern, version);
  const texts = constant(parts);
  if (texts !== undefined) {
    const glob: Glob = compileResourceGlob(texts);
    return (resource) => matchGlob(glob, resource);
  }
  return (resource, context) => {
    const replaced = substitute(parts, context);
    return replaced !== undefined && matchGlob(compileResourceGlob(replaced), resource);
  };
}
