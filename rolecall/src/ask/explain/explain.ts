import { type ActionFacts, actionsOf } from "../../catalog/actions.ts";
import { globalContext, policyHolder } from "../../iam/global-context.ts";
import { type InspectedStatement, type Inspection, inspect } from "../../iam/inspect.ts";
import type { AccessRequest, Caller, Decision, NamedPolicy, Policies, PolicyKind } from "../../iam/types.ts";
import { otherwiseOf } from "../../iam/unknown.ts";
import type { Service } from "../../stack/source/service.ts";
import type { Source, Sources, StatementSource } from "../../stack/source/sources.ts";
import { asWritten } from "../../stack/written.ts";
import { adviceIn } from "../advice.ts";
import { changesToAllow, isSame } from "./changes.ts";
import { readContext, sourceContext, withoutKeys } from "./context.ts";
import type { Explanation, PlacedStatement } from "./explanation.ts";
import { requireAction, requireResource } from "./facts.ts";
import { nearestStatement } from "./nearest.ts";
import { carriesPolicy, notesOn } from "./notes.ts";
import type { Naming } from "./resource-difference.ts";
import { anonymous, findSubject, type Subject } from "./subject.ts";
import { findResource } from "./target.ts";

export interface Question {
  /** See `findSubject`. */
  readonly principal: string;
  /** `service:Action`. */
  readonly action: string;
  /** See `findResource`. */
  readonly resource: string;
  /** Set where the resource is that of a request that was made: an asterisk in it is one, and no pattern. */
  readonly isLiteral?: boolean;
  /** `KEY=VALUE`, several times for a key of several values. */
  readonly context?: readonly string[];
  readonly time?: Date;
}

/** What is asked, and where its statements are written. */
export interface Material {
  readonly service: Service;
  readonly sources: Sources;
}

/**
 * Puts a question to IAM's rules as the packaged template sets them, and explains the answer.
 *
 * @throws {SenselessQuestion} when no request could ask it: an action that does not exist, a resource that it does
 * not take, a condition key that it does not carry, a principal that nobody knows
 */
export async function explain(question: Question, material: Material): Promise<Explanation> {
  const { service } = material;
  const subject = findSubject(question.principal, service);
  const action = await requireAction(question.action, servicesOf(service));
  const resource =
    question.isLiteral && question.resource.startsWith("arn:")
      ? question.resource
      : findResource(question.resource, action.name, service);
  requireResource(action, resource);
  const context = await readContext(question.context ?? [], action);
  return decideAndExplain(
    { subject, action, resource, context, time: question.time ?? new Date() },
    material,
  );
}

interface SensibleQuestion {
  readonly subject: Subject;
  readonly action: ActionFacts;
  /** An ARN, or `*`. */
  readonly resource: string;
  readonly context: AccessRequest["context"];
  readonly time: Date;
}

async function decideAndExplain(
  { subject, action, resource, context, time }: SensibleQuestion,
  { service, sources }: Material,
): Promise<Explanation> {
  const { stack, stage } = service;
  const { caller } = subject;
  const [, , , regionOfArn, accountOfArn] = resource.split(":");
  const region = regionOfArn || stack.environment.region;
  const filledIn = withoutKeys(
    { ...carriedByAll(caller, region, time), ...sourceContext(caller, resource, stack) },
    context,
  );
  const request: AccessRequest = {
    caller,
    action: action.name,
    resource,
    resourceAccountId: ownerOf(resource, accountOfArn, subject, service),
    context: { ...filledIn, ...context },
  };
  const policies: Policies = {
    ...subject.policies,
    resource: policiesOn(resource, service),
  };

  const inspection = inspect(request, policies);
  const decision = decisionFor(subject, inspection);
  const place = (statement: InspectedStatement): PlacedStatement => {
    const source = sourceOf(statement, subject, sources);
    return source === undefined ? statement : { ...statement, source };
  };
  const naming = namingOf(service);
  const existing = new Set(
    (await actionsOf(action.name.split(":")[0] ?? "")).map((name) => name.toLowerCase()),
  );
  const isAction = (name: string) => existing.has(name.toLowerCase());
  const known = otherwiseOf(decision);
  const nearest =
    known.outcome === "implicitly denied"
      ? nearestStatement(inspection, known.missing, request, naming, isAction)
      : undefined;
  const by =
    known.outcome === "implicitly denied"
      ? undefined
      : inspection.statements.find((statement) => isSame(statement, known.by));
  return {
    asked: {
      stage,
      principal: {
        name: subject.name,
        arn: caller.type === "service" ? caller.service : caller.arn,
        ...(subject.isOutsider && { isOutsider: true }),
      },
      action: action.name,
      resource,
      resourceAccountId: request.resourceAccountId,
      context,
      filledIn,
    },
    decision,
    ...(by && { by: place(by) }),
    ...(nearest && {
      nearest: { statement: place(nearest.statement), differences: nearest.differences },
    }),
    changes: changesToAllow(
      { request, policies },
      {
        naming,
        isAction,
        written: (arn) => asWritten(arn, stack),
        placeOf: (statement) => sourceOf(statement, subject, sources),
        home: (kind) => homeOf(kind, subject, resource, { service, sources }),
        carriesPolicy: carriesPolicy(resource, stack),
      },
    ),
    notes: [...subject.notes, ...notesOn(request, decision, service)],
    statements: inspection.statements.map(place),
  };
}

/** Of an outsider only the resource's side is in the template: what their own side allows is assumed. */
function decisionFor({ caller, isOutsider }: Subject, { decision, statements }: Inspection): Decision {
  const isAnonymous = caller.type === "principal" && caller.arn === anonymous;
  if (decision.outcome !== "allowed" || !(isOutsider || isAnonymous)) return decision;
  const by = statements.find(
    ({ kind, effect, applies }) => kind === "resource-based" && effect === "Allow" && applies,
  );
  if (by === undefined) return decision;
  const { kind, policy, index, sid } = by;
  return { outcome: "allowed", by: { kind, policy, index, ...(sid !== undefined && { sid }) } };
}

/** The policies that the resource carries: a role's is who may assume it. */
function policiesOn(resource: string, { resourcePolicies, roles }: Service): readonly NamedPolicy[] {
  const role = roles.find(({ arn }) => arn === resource);
  if (role !== undefined) return [{ name: role.logicalId, document: role.trust }];
  return resourcePolicies.get(policyHolder(resource)) ?? [];
}

/** A request that is not signed says nothing of a principal. */
function carriedByAll(caller: Caller, region: string, time: Date): Record<string, string> {
  const context = globalContext(caller, { region, time });
  if (caller.type === "service" || caller.arn !== anonymous) return context;
  const unsigned = Object.entries(context).filter(([key]) => !key.startsWith("aws:Principal"));
  return { ...Object.fromEntries(unsigned), "aws:PrincipalType": "Anonymous" };
}

/** What has no resource is done in the caller's own account. An ARN of S3 names no account. */
function ownerOf(
  resource: string,
  accountOfArn: string | undefined,
  { caller }: Subject,
  { stack }: Service,
): string {
  if (resource === "*" && caller.type === "principal") return caller.accountId;
  return accountOfArn || stack.environment.accountId;
}

function namingOf({ stage, stack }: Service): Naming {
  const { accountId, region, partition, stackName } = stack.environment;
  const service =
    stage !== "" && stackName.endsWith(`-${stage}`) ? stackName.slice(0, -stage.length - 1) : stackName;
  return { service, stage, accountId, region, partition };
}

/** Where a name without a service would be looked for: among the actions that the template's statements name. */
function servicesOf({ roles, resourcePolicies }: Service): readonly string[] {
  const policies = [...roles.flatMap((role) => role.policies), ...[...resourcePolicies.values()].flat()];
  const prefixes = policies
    .flatMap(({ document }) => document.statements)
    .flatMap(({ actions }) => actions.patterns)
    .map((pattern) => pattern.split(":")[0]?.toLowerCase() ?? "");
  return [...new Set(prefixes)].filter((prefix) => /^[a-z0-9-]+$/.test(prefix));
}

function sourceOf(
  { kind, policy, sid, statement }: InspectedStatement,
  { role }: Subject,
  sources: Sources,
): StatementSource | undefined {
  const wanted = { sid, actions: statement.actions.patterns };
  const inRole =
    kind === "identity-based" && role && sources.statement({ functionKey: role.functionKey, ...wanted });
  return inRole || sources.statement({ logicalId: policy, ...wanted });
}

/** Where a new statement would be written. */
function homeOf(
  kind: PolicyKind,
  { role }: Subject,
  resource: string,
  { service, sources }: Material,
): { readonly says: string; readonly source?: Source } {
  if (kind === "identity-based" && role) {
    const source = sources.functionLine(role.functionKey, "iamRoleStatements");
    const advice = adviceIn(sources.language);
    const isShared = service.roles.filter(({ logicalId }) => logicalId === role.logicalId).length > 1;
    const says = isShared
      ? `give ${role.functionKey} and those that share its role a statement, ${advice.sharedStatement}`
      : `give ${role.functionKey} a statement of its own, ${advice.ownStatement}`;
    return { says, ...(source && { source }) };
  }
  const holder = policyHolder(resource);
  const [existing] = service.resourcePolicies.get(holder) ?? [];
  if (kind === "resource-based" && holder.split(":")[2] === "lambda") {
    return {
      says: `give the function ${holder.split(":").at(-1)} a permission (an event of its, or AWS::Lambda::Permission)`,
    };
  }
  const target = service.roles.find(({ arn }) => arn === resource);
  if (kind === "resource-based" && target !== undefined) {
    const source = sources.resourceLine(target.logicalId);
    const says = `give the trust policy of ${target.logicalId} a statement, and whoever it names all that the role may`;
    return { says, ...(source && { source }) };
  }
  if (kind === "resource-based" && existing) {
    const source = sources.resourceLine(existing.name, "Properties", "PolicyDocument", "Statement");
    return { says: `give ${existing.name} a statement`, ...(source && { source }) };
  }
  return {
    says:
      kind === "resource-based"
        ? `give ${holder} a policy with a statement`
        : `give the ${kind} policy a statement`,
  };
}
