import { type ConditionTest, compileCondition, toContext } from "./conditions.ts";
import { compileGlob, compileResourceGlob, type Glob, matchGlob } from "./globs.ts";
import type {
  AccessRequest,
  Caller,
  Policies,
  Policy,
  PolicyKind,
  PrincipalElement,
  Statement,
} from "./types.ts";
import { type Context, constant, parseVariables, substitute } from "./variables.ts";

/** A request made comparable once for all the statements it is held against. */
export interface Question {
  readonly caller: Caller;
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
  /** NotPrincipal with Deny spares nobody who has a permissions boundary. */
  readonly hasBoundary: boolean;
}

export function toQuestion(request: AccessRequest, policies: Policies): Question {
  return {
    caller: request.caller,
    action: request.action.toLowerCase(),
    resource: request.resource,
    context: toContext(request.context),
    hasBoundary: policies.boundary !== undefined,
  };
}

/**
 * How a statement's Principal names the caller. An Allow that names the session, the user or everyone grants the
 * right to the session itself; one that names the role grants it to the role, whose boundary and session policies
 * still count; one that names the account leaves it to the account's identity-based policies.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export type Reach = "session" | "role" | "account";

/**
 * A policy attached to a principal is about that principal; a resource-based policy says whom it is about. A
 * statement that is malformed in this (`parsePolicy` refuses it) never allows, and still denies.
 */
export function namesCaller(
  kind: PolicyKind,
  statement: Statement,
  question: Question,
  reaches?: readonly Reach[],
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
export function reachOf(principals: PrincipalElement, caller: Caller): Reach | undefined {
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

export interface CompiledStatement {
  readonly statement: Statement;
  readonly fitsAction: (question: Question) => boolean;
  readonly fitsResource: (question: Question) => boolean;
  /** In the order of the statement's. */
  readonly conditions: readonly ConditionTest[];
  /** Whether action, resource and conditions fit. */
  readonly applies: (question: Question) => boolean;
}

/** A policy never changes, so it is compiled once. */
const compiledPolicies = new WeakMap<Policy, readonly CompiledStatement[]>();

export function compile(policy: Policy): readonly CompiledStatement[] {
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
  const fitsAction = ({ action }: Question) =>
    actionGlobs.some((glob) => matchGlob(glob, action)) !== actions.not;
  const fitsResource = ({ resource, context }: Question) =>
    resourceTests === undefined || resourceTests.some((test) => test(resource, context)) !== resources?.not;
  return {
    statement,
    fitsAction,
    fitsResource,
    conditions,
    applies: (question) =>
      fitsAction(question) && fitsResource(question) && conditions.every((test) => test(question.context)),
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
