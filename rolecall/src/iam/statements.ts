import { type ConditionTest, compileCondition, toContext } from "./conditions.ts";
import { compileGlob, compileResourceGlob, type Glob, matchGlob } from "./globs.ts";
import { bounds, lean, literalReading, matchVague, type Reading } from "./reading.ts";
import type {
  AccessRequest,
  Caller,
  Policies,
  Policy,
  PolicyKind,
  PrincipalElement,
  Statement,
} from "./types.ts";
import { hasUnknown, lowerCase, unknownsIn } from "./unknown.ts";
import { type Context, constant, parseVariables, substitute, type Text } from "./variables.ts";

/** A request made comparable once for all the statements it is held against. */
export interface Question {
  readonly caller: Caller;
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
  /** NotPrincipal with Deny spares nobody who has a permissions boundary. */
  readonly hasBoundary: boolean;
  /** How unknowns are taken in a statement with this effect. */
  readonly readings: Readonly<Record<Statement["effect"], Reading>>;
  /** Names of the unknowns that a comparison hung on so far. */
  readonly met: string[];
}

export function toQuestion(request: AccessRequest, policies: Policies): Question {
  const { caller } = request;
  const context = toContext(request.context);
  const met: string[] = [];
  const reading = literalReading(met, isVague(request, context));
  return {
    caller,
    action: lowerCase(request.action),
    resource: request.resource,
    context,
    hasBoundary: policies.boundary !== undefined,
    readings: { Allow: reading, Deny: reading },
    met,
  };
}

function isVague({ caller, action, resource }: AccessRequest, context: Context): boolean {
  if (
    hasUnknown(resource) ||
    hasUnknown(action) ||
    (caller.type === "principal" && (hasUnknown(caller.arn) || hasUnknown(caller.principalArn)))
  )
    return true;
  for (const values of context.values()) for (const value of values) if (hasUnknown(value)) return true;
  return false;
}

/** The same question, its unknowns taken so that as much as possible is allowed, or as little. */
export function leaning(question: Question, side: "generous" | "strict"): Question {
  const { atLeast, atMost } = bounds(question.met, question.readings.Allow.isVague);
  return {
    ...question,
    readings: side === "generous" ? { Allow: atMost, Deny: atLeast } : { Allow: atLeast, Deny: atMost },
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
  const reach = reachOf(principals, question.caller, question.readings[effect]);
  return reach !== undefined && (reaches?.includes(reach) ?? true);
}

/** The strongest way in which a Principal names the caller. `"*"` is everyone, AWS services included. */
export function reachOf(principals: PrincipalElement, caller: Caller, reading: Reading): Reach | undefined {
  if (principals.anyone) return "session";
  if (principals.unknown !== undefined || reading.isVague) return vagueReach(principals, caller, reading);
  if (caller.type === "service") return principals.services.includes(caller.service) ? "session" : undefined;
  if (principals.aws.includes(caller.arn)) return "session";
  if (principals.aws.includes(caller.principalArn)) return "role";
  const isNamed =
    principals.aws.some((name) => isAccount(name, caller.accountId)) ||
    isPerhapsCanonical(principals, reading);
  return isNamed ? "account" : undefined;
}

/** A canonical user id stands for an account, and nothing here tells for which. */
function isPerhapsCanonical({ canonical = [] }: PrincipalElement, reading: Reading): boolean {
  return (
    canonical.length > 0 &&
    lean(
      canonical.map((id) => `the account of the canonical user ${id}`),
      reading,
    )
  );
}

function vagueReach(principals: PrincipalElement, caller: Caller, reading: Reading): Reach | undefined {
  const { aws, services } = principals;
  const has = (names: readonly string[], text: string) => names.some((name) => isSame(name, text, reading));
  // What is unknown may be everyone, services included.
  if (has(aws, "*") || (caller.type === "service" && has(services, caller.service))) return "session";
  if (caller.type === "service") return undefined;
  if (has(aws, caller.arn)) return "session";
  if (has(aws, caller.principalArn)) return "role";
  return aws.some((name) => isVaguelyAccount(name, caller.accountId, reading)) ||
    isPerhapsCanonical(principals, reading)
    ? "account"
    : undefined;
}

function isVaguelyAccount(name: string, accountId: string, reading: Reading): boolean {
  if (!hasUnknown(name)) return isAccount(name, accountId);
  const glob = compileGlob([{ text: name, wildcards: false }]);
  const names = unknownsIn(name);
  return (
    matchVague(glob, names, accountId, reading) ||
    matchVague(
      compileGlob([{ text: name.replace(/^arn:[^:]*:/, "arn:*:"), wildcards: true }]),
      names,
      `arn:aws:iam::${accountId}:root`,
      reading,
    )
  );
}

function isSame(name: string, text: string, reading: Reading): boolean {
  return matchVague(compileGlob([{ text: name, wildcards: false }]), unknownsIn(name), text, reading);
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
  if (principals.unknown !== undefined) return lean(principals.unknown, question.readings[effect]);
  const ofCaller = caller.type === "principal" ? unknownsIn(caller.arn + caller.principalArn) : [];
  if (ofCaller.length > 0) return lean(ofCaller, question.readings[effect]);
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
  const actionTests = actions.patterns.map((pattern) => {
    const texts = [{ text: lowerCase(pattern), wildcards: true }];
    return compileTest(compileGlob(texts), texts);
  });
  const resourceTests = resources?.patterns.map((pattern) => compileResource(pattern, version));
  const conditions: readonly ConditionTest[] = statement.conditions.map((condition) =>
    compileCondition(condition, version),
  );
  const { effect } = statement;
  const fitsAction = ({ action, readings }: Question) => {
    const reading = actions.not ? readings[effect].opposite : readings[effect];
    return actionTests.some((test) => test(action, reading)) !== actions.not;
  };
  const fitsResource = ({ resource, context, readings }: Question) => {
    if (resourceTests === undefined) return true;
    const reading = resources?.not ? readings[effect].opposite : readings[effect];
    return resourceTests.some((test) => test(resource, context, reading)) !== resources?.not;
  };
  return {
    statement,
    fitsAction,
    fitsResource,
    conditions,
    applies: (question) =>
      fitsAction(question) &&
      fitsResource(question) &&
      conditions.every((test) => test(question.context, question.readings[effect])),
  };
}

type TextTest = (text: string, reading: Reading) => boolean;

function compileTest(glob: Glob, texts: readonly Text[]): TextTest {
  const names = texts.flatMap(({ text }) => unknownsIn(text));
  if (names.length > 0) return (text, reading) => matchVague(glob, names, text, reading);
  return (text, reading) =>
    reading.isVague ? matchVague(glob, names, text, reading) : matchGlob(glob, text);
}

/** A variable without a value makes a resource that is no resource at all. */
function compileResource(
  pattern: string,
  version: Policy["version"],
): (resource: string, context: Context, reading: Reading) => boolean {
  const parts = parseVariables(pattern, version);
  const texts = constant(parts);
  if (texts !== undefined) {
    const test = compileTest(compileResourceGlob(texts), texts);
    return (resource, _context, reading) => test(resource, reading);
  }
  return (resource, context, reading) => {
    const replaced = substitute(parts, context);
    if (replaced === undefined) return false;
    return compileTest(compileResourceGlob(replaced), replaced)(resource, reading);
  };
}
