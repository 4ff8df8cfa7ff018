import { type InspectedStatement, type Inspection, inspect } from "../../iam/inspect.ts";
import type { Decision, Policies, PolicyKind, Statement } from "../../iam/types.ts";
import { otherwiseOf } from "../../iam/unknown.ts";
import { placed, type Source, type StatementSource } from "../../stack/source/sources.ts";
import { escaped, exampleFor, widened } from "./conditions.ts";
import { applyEdit, type Case, onlyPrincipal } from "./edits.ts";
import type { Change, Edit, StatementPosition } from "./explanation.ts";
import { type Candidate, nearestStatement, shown } from "./nearest.ts";
import type { Naming } from "./resource-difference.ts";
import { anonymous } from "./subject.ts";

/** What saying a change takes, beside the case. */
export interface Surroundings {
  readonly naming: Naming;
  readonly isAction: (action: string) => boolean;
  readonly written: (arn: string) => string;
  /** Where a statement stands. */
  readonly placeOf: (statement: InspectedStatement) => StatementSource | undefined;
  /** Where a statement of its own would stand, in words and by line. */
  readonly home: (kind: PolicyKind) => { readonly says: string; readonly source?: Source };
  /** Whether what is asked about can carry a policy. */
  readonly carriesPolicy: boolean;
}

/**
 * Changes with all of which IAM allows the request; none when it does already, or when no policy could. Nothing but a
 * Deny loses by them.
 */
export function changesToAllow(start: Case, surroundings: Surroundings): readonly Change[] {
  const changes: Change[] = [];
  let current = start;
  // Each turn ends a Deny, or has one more kind of policy allow it.
  for (;;) {
    const inspection = inspect(current.request, current.policies);
    const decision = otherwiseOf(inspection.decision);
    if (decision.outcome === "allowed") return changes;
    const next =
      decision.outcome === "explicitly denied"
        ? [escapeDeny(current, inspection, decision, surroundings)]
        : grant(current, inspection, decision.missing, surroundings);
    if (next.length === 0) return [];
    changes.push(...next);
    current = next.reduce<Case>(applyEdit, current);
  }
}

/** By another request where one suggests itself, and leaves fewer statements that deny; else without the Deny. */
function escapeDeny(
  current: Case,
  inspection: Inspection,
  decision: Extract<Decision, { outcome: "explicitly denied" }>,
  { placeOf }: Surroundings,
): Change {
  const denying = inspection.statements.filter(({ effect, applies }) => effect === "Deny" && applies);
  const deny = denying.find((statement) => isSame(statement, decision.by)) as InspectedStatement;
  const source = placed(placeOf(deny));
  const name = nameOf(deny);
  for (const condition of deny.conditions) {
    const value = exampleFor(condition, versionOf(current.policies, deny), current.request.context, false);
    if (value === undefined) continue;
    const edit: Edit = { edit: "context", key: condition.key, values: [value] };
    const after = applyEdit(current, edit);
    const still = inspect(after.request, after.policies).statements.filter(
      ({ effect, applies }) => effect === "Deny" && applies,
    );
    if (still.length >= denying.length) continue;
    return {
      ...edit,
      says: `make it with ${condition.key}=${value}: then ${name} does not apply`,
      ...(source && { source }),
    };
  }
  return {
    edit: "remove",
    to: placeIn(deny),
    says: `${name} denies it, and no Allow outweighs a Deny: narrow that statement or take it away`,
    ...(source && { source }),
  };
}

function grant(
  current: Case,
  inspection: Inspection,
  missing: PolicyKind,
  surroundings: Surroundings,
): Change[] {
  const { naming, isAction, carriesPolicy } = surroundings;
  if (missing === "resource-based" && !carriesPolicy) return [];
  const candidate = nearestStatement(inspection, missing, current.request, naming, isAction);
  if (candidate === undefined || isAnotherGrant(candidate) || isGenerated(candidate, surroundings))
    return [newStatement(current, missing, surroundings)];
  return widen(current, candidate, surroundings);
}

/** What is for somebody else, or about another action and elsewhere too, serves another purpose: it gets no more rights. */
function isAnotherGrant({ action, statement }: Candidate): boolean {
  if (statement.principal?.fits === false) return true;
  return action === "other" && !(statement.resource && statement.conditions.every(({ holds }) => holds));
}

/** What the framework makes has no place where one could add to it. */
function isGenerated({ statement }: Candidate, { placeOf }: Surroundings): boolean {
  const source = placeOf(statement);
  return source !== undefined && source.origin !== "written";
}

function widen(current: Case, { statement }: Candidate, surroundings: Surroundings): Change[] {
  const { request, policies } = current;
  const { written, placeOf } = surroundings;
  const source = placed(placeOf(statement));
  const to = placeIn(statement);
  const at = { ...(source && { source }) };
  const name = nameOf(statement);
  const version = versionOf(policies, statement);
  const changes: Change[] = [];
  if (!statement.action) {
    const value = request.action;
    changes.push({
      edit: "add",
      to,
      element: "Action",
      value,
      says: `${name}: add ${value} to its Action`,
      ...at,
    });
  }
  if (!statement.resource) {
    const value = patternFor(request.resource, version);
    changes.push({
      edit: "add",
      to,
      element: "Resource",
      value,
      says: `${name}: add ${written(value)} to its Resource`,
      ...at,
    });
  }
  for (const condition of statement.conditions.filter(({ holds }) => !holds)) {
    const { operator, key } = condition;
    const values = widened(condition, version, request.context);
    const says =
      values.length === 0
        ? `${name}: take its ${operator} ${key} away, which widens it to every request`
        : `${name}: let its ${operator} ${key} be ${shown(values, "or")}`;
    changes.push({ edit: "condition", to, operator, key, values, says, ...at });
  }
  return changes;
}

function newStatement(current: Case, kind: PolicyKind, { written, home }: Surroundings): Change {
  const { request, policies } = current;
  const [policy] = policiesOf(policies, kind);
  const resource = patternFor(request.resource, policy?.document.version ?? "2012-10-17");
  // A trust policy is about its role, and IAM takes no Resource in it.
  const isTrust = kind === "resource-based" && request.action.startsWith("sts:AssumeRole");
  const statement: Statement = {
    effect: "Allow",
    actions: { not: false, patterns: [request.action] },
    ...(!isTrust && { resources: { not: false, patterns: [resource] } }),
    conditions: [],
    ...(kind === "resource-based" && { principals: onlyPrincipal(principalOf(current)) }),
  };
  const { says, source } = home(kind);
  const principal = kind === "resource-based" ? `, Principal ${principalOf(current)}` : "";
  // Whoever may invoke or send for a service does so for anybody's bucket or rule, unless a condition names ours.
  const condition = request.caller.type === "service" ? ", a condition on aws:SourceArn" : "";
  return {
    edit: "statement",
    to: { kind, policy: policy?.name ?? `new ${kind} policy` },
    statement,
    says: `${says}: Effect Allow${principal}, Action ${request.action}${isTrust ? "" : `, Resource ${written(resource)}`}${condition}, and a Sid that says what it is for`,
    ...(source && { source }),
  };
}

/** An object's folder, as grants are written; any other resource itself. */
function patternFor(resource: string, version: "2008-10-17" | "2012-10-17"): string {
  if (resource === "*") return "*";
  const [, folder] = /^(arn:[^:]+:s3:::[^/]+\/[^/]+\/)./s.exec(resource) ?? [];
  return folder === undefined ? escaped(resource, version) : `${escaped(folder, version)}*`;
}

function principalOf({ request: { caller } }: Case): string {
  if (caller.type === "service") return caller.service;
  return caller.principalArn === anonymous ? "*" : caller.principalArn;
}

function policiesOf(policies: Policies, kind: PolicyKind) {
  switch (kind) {
    case "identity-based":
      return policies.identity;
    case "resource-based":
      return policies.resource;
    case "service-control":
      return policies.serviceControl ?? [];
    case "boundary":
      return policies.boundary ? [policies.boundary] : [];
    case "session":
      return policies.session ? [policies.session] : [];
  }
}

function versionOf(policies: Policies, { kind, policy }: StatementPosition) {
  return policiesOf(policies, kind).find(({ name }) => name === policy)?.document.version ?? "2012-10-17";
}

function nameOf({ sid, policy, index }: InspectedStatement): string {
  return sid ?? `statement ${index + 1} of ${policy}`;
}

function placeIn({ kind, policy, index }: StatementPosition): StatementPosition {
  return { kind, policy, index };
}

export function isSame(one: StatementPosition, other: StatementPosition): boolean {
  return one.kind === other.kind && one.policy === other.policy && one.index === other.index;
}
