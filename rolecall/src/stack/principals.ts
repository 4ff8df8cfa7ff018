import { awsManagedPolicy } from "../catalog/managed-policies.ts";
import { parsePolicy, RefusedStatement } from "../iam/policy.ts";
import type { NamedPolicy, Policy, PolicyKind } from "../iam/types.ts";
import { hasUnknown, unknown, unknownDocument, unknownPolicy, unknownsIn } from "../iam/unknown.ts";
import type { Note } from "./note.ts";
import type { Stack, StackResource } from "./template.ts";

/** A role, and what it may do. */
export interface Role {
  /** The role's logical id; of a role outside of the stack its ARN. */
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly trust: Policy;
  readonly policies: readonly NamedPolicy[];
  /** The role's permissions boundary, where it has one. */
  readonly boundary?: NamedPolicy;
  /** Set for a role outside of the stack: nothing is known of it but what was supplied. */
  readonly isOutside?: true;
}

/** What a function may do, and as whom. */
export interface ExecutionRole extends Role {
  /** The function's name as deployed, which is also the name of its role session. */
  readonly functionName: string;
  /** What its author calls the function: its key in serverless.yml, its construct's path, or its logical id. */
  readonly functionKey: string;
}

export interface PrincipalOptions {
  /** Told of what is not understood. */
  readonly note?: (note: Note) => void;
}

/** A policy of the template that IAM would not take. */
export class RefusedPolicy extends Error {
  override readonly name = "RefusedPolicy";
  /** Of the resource that carries it. */
  readonly logicalId: string;
  /** For an execution role: of the function. */
  readonly functionKey: string | undefined;
  /** Of the statement that is refused, where it has one. */
  readonly sid: string | undefined;

  constructor(message: string, { logicalId, functionKey }: Carrier, cause: unknown) {
    super(message, { cause });
    this.logicalId = logicalId;
    this.functionKey = functionKey;
    this.sid = cause instanceof RefusedStatement ? cause.sid : undefined;
  }
}

interface Carrier {
  readonly logicalId: string;
  readonly functionKey?: string;
}

/**
 * The execution role of every function in the stack, with all the policies that are attached to it: its inline
 * policies, the stack's own policies that name it, the managed policies that it names. What is not in the stack is
 * looked for among the policies that were supplied, then among AWS's own; else it is unknown by its ARN.
 *
 * @throws A {RefusedPolicy} when IAM would not take it.
 */
export function executionRoles(stack: Stack, options: PrincipalOptions = {}): readonly ExecutionRole[] {
  const { note = () => undefined } = options;
  noteForeignPrincipals(stack, note);
  return ofType(stack, "AWS::Lambda::Function").map((lambda) => {
    const key = lambda.name ?? lambda.logicalId;
    const arn = text(lambda.properties.Role) ?? unknown(`${lambda.logicalId}.Role`);
    const role = roleByArn(stack, arn, key);
    return { ...role, functionName: lambda.physicalId, functionKey: key };
  });
}

/**
 * A role with all the policies that are attached to it; unknown ones for a role outside of the stack.
 *
 * @param functionKey of the function whose role it is, where it is one
 * @throws A {RefusedPolicy} when IAM would not take one of them.
 */
export function roleByArn(stack: Stack, arn: string, functionKey?: string): Role {
  const role = ofType(stack, "AWS::IAM::Role").find((candidate) => candidate.arn === arn);
  return role === undefined ? outsideRole(stack, arn) : readRole(stack, role, functionKey);
}

function outsideRole(stack: Stack, arn: string): Role {
  const name = unknownsIn(arn)[0] ?? arn;
  const supplied = own(stack.environment.policies, arn) ?? own(stack.environment.policies, name);
  const policy =
    supplied === undefined
      ? unknownPolicy(arn, name)
      : {
          name: arn,
          document: document(supplied, "identity-based", `the policy of ${arn}`, { logicalId: arn }),
        };
  return {
    logicalId: arn,
    name: hasUnknown(arn) ? arn : (arn.split("/").at(-1) ?? arn),
    arn,
    trust: unknownDocument(name),
    policies: [policy],
    isOutside: true,
  };
}

function readRole(stack: Stack, role: StackResource, functionKey: string | undefined): Role {
  const { properties, logicalId, physicalId, arn = "" } = role;
  const carrier = { logicalId, ...(functionKey !== undefined && { functionKey }) };
  const trust = document(
    properties.AssumeRolePolicyDocument,
    "trust",
    `role "${logicalId}", its trust policy`,
    carrier,
  );
  const inline = items(properties.Policies).map((policy, index): NamedPolicy => {
    if (!isRecord(policy)) return unknownPolicy(nameOf(policy, `policy ${index + 1} of ${logicalId}`));
    const name = text(policy.PolicyName) ?? `policy ${index + 1}`;
    const where = `role "${logicalId}", policy "${name}"`;
    return { name, document: document(policy.PolicyDocument, "identity-based", where, carrier) };
  });
  const boundary = text(properties.PermissionsBoundary);
  return {
    logicalId,
    name: physicalId,
    arn,
    trust,
    policies: [...inline, ...attachedPolicies(stack, role)],
    ...(boundary !== undefined && { boundary: managedPolicy(stack, boundary, "boundary") }),
  };
}

/** Nobody of ours is a user or a member of a group. */
function noteForeignPrincipals(stack: Stack, note: (note: Note) => void): void {
  for (const type of ["AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy"])
    for (const { logicalId } of ofType(stack, type))
      note({ where: `Resources.${logicalId}`, says: "grants to users, who are not asked about here" });
}

function attachedPolicies(stack: Stack, role: StackResource): readonly NamedPolicy[] {
  const managed = items(role.properties.ManagedPolicyArns).map((arn) =>
    managedPolicy(stack, text(arn) ?? unknown(`a managed policy of ${role.logicalId}`), "identity-based"),
  );
  const attached = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"]
    .flatMap((type) => ofType(stack, type))
    .flatMap((policy) => {
      const named = items(policy.properties.Roles ?? policy.properties.RoleName);
      const read = () => namedPolicy(policy, "identity-based");
      if (managed.some(({ name }) => name === policy.logicalId)) return [];
      if (named.includes(role.physicalId)) return [read()];
      const perhaps = named.find((name) => hasUnknown(String(name)));
      return perhaps === undefined ? [] : [onlyIf(read(), nameOf(perhaps, "its role"))];
    });
  return [...attached, ...managed];
}

function managedPolicy(stack: Stack, arn: string, kind: PolicyKind): NamedPolicy {
  const policy = ofType(stack, "AWS::IAM::ManagedPolicy").find((candidate) => candidate.arn === arn);
  if (policy !== undefined) return namedPolicy(policy, kind);
  const name = unknownsIn(arn)[0] ?? arn;
  const supplied = own(stack.environment.policies, arn) ?? own(stack.environment.policies, name);
  if (supplied !== undefined)
    return { name: arn, document: document(supplied, kind, `the policy ${arn}`, { logicalId: arn }) };
  const ofAws = awsManagedPolicy(arn);
  return ofAws === undefined
    ? unknownPolicy(arn, name)
    : { name: ofAws.name, managedBy: "AWS", document: parsePolicy(ofAws.document, kind) };
}

function namedPolicy(resource: StackResource, kind: PolicyKind): NamedPolicy {
  const { logicalId, properties, condition } = resource;
  const policy = {
    name: logicalId,
    document: document(properties.PolicyDocument, kind, `policy "${logicalId}"`, resource),
  };
  return condition === undefined ? policy : onlyIf(policy, condition);
}

/** A policy that is there or not, and nobody knows which: each of its statements holds on that condition. */
export function onlyIf(policy: NamedPolicy, unknownName: string): NamedPolicy {
  const { document } = policy;
  const condition = { operator: unknown(unknownName), key: "", values: [] };
  const statements = document.statements.map((statement) => ({
    ...statement,
    conditions: [...statement.conditions, condition],
  }));
  return { ...policy, document: { ...document, statements } };
}

export function ofType(stack: Stack, type: string): readonly StackResource[] {
  return [...stack.resources.values()].filter((resource) => resource.type === type);
}

export function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** A list's; a text that stands in the place of one is one of its own. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown, otherwise: string): string {
  return (typeof value === "string" ? unknownsIn(value)[0] : undefined) ?? otherwise;
}

function own(record: Readonly<Record<string, unknown>> | undefined, key: string): unknown {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** @throws A {RefusedPolicy} where IAM would not take it. A condition operator that IAM does not have is for the lint. */
export function document(json: unknown, kind: PolicyKind | "trust", where: string, carrier: Carrier): Policy {
  try {
    // Some types take the document as a text.
    const raw = typeof json === "string" && json.trimStart().startsWith("{") ? JSON.parse(json) : json;
    return parsePolicy(raw, kind, "kept");
  } catch (error) {
    throw new RefusedPolicy(`${where}: ${(error as Error).message}`, carrier, error);
  }
}
