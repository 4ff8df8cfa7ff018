import * as v from "valibot";
import { decide } from "../iam/evaluate.ts";
import { parsePolicy, RefusedStatement } from "../iam/policy.ts";
import type { NamedPolicy, Policy, PolicyKind } from "../iam/types.ts";
import { apiPolicyDocument } from "./api-policy.ts";
import type { Stack, StackResource } from "./template.ts";

/** A role of the stack, and what it may do. */
export interface Role {
  /** The role's logical id. */
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly trust: Policy;
  readonly policies: readonly NamedPolicy[];
  /** The role's permissions boundary, where it has one. */
  readonly boundary?: NamedPolicy;
}

/** What a function may do, and as whom. */
export interface ExecutionRole extends Role {
  /** The function's name as deployed, which is also the name of its role session. */
  readonly functionName: string;
  /** What its author calls the function: its key in serverless.yml, its construct's path, or its logical id. */
  readonly functionKey: string;
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

const functionSchema = v.looseObject({ Role: v.string() });

const roleSchema = v.strictObject({
  AssumeRolePolicyDocument: v.unknown(),
  Description: v.optional(v.string()),
  ManagedPolicyArns: v.optional(v.array(v.string()), []),
  MaxSessionDuration: v.optional(v.union([v.number(), v.string()])),
  Path: v.optional(v.string()),
  PermissionsBoundary: v.optional(v.string()),
  Policies: v.optional(v.array(v.strictObject({ PolicyName: v.string(), PolicyDocument: v.unknown() })), []),
  RoleName: v.optional(v.string()),
  Tags: v.optional(v.unknown()),
});

const attachedPolicySchema = v.looseObject({
  PolicyDocument: v.unknown(),
  Roles: v.optional(v.array(v.string()), []),
});

/**
 * The execution role of every function in the stack, with all the policies that are attached to it: its inline
 * policies, the stack's own policies that name it, the stack's managed policies that it names.
 *
 * @throws Error when a role or a managed policy is not in the stack, so that its content is unknown; a {RefusedPolicy}
 * when IAM would not take it; when the role does not let Lambda assume it.
 */
export function executionRoles(stack: Stack): readonly ExecutionRole[] {
  return ofType(stack, "AWS::Lambda::Function").map((lambda) => {
    const { Role } = properties(functionSchema, lambda);
    const functionKey = lambda.name ?? lambda.logicalId;
    const role = roleByArn(stack, Role, functionKey);
    if (role === undefined)
      throw new Error(
        `function "${lambda.logicalId}": its role ${Role} is not in the template, so what it may do is unknown`,
      );
    refuseUntrusting(stack, role);
    return { ...role, functionName: lambda.physicalId, functionKey };
  });
}

/**
 * A role with all the policies that are attached to it.
 *
 * @param functionKey of the function whose role it is, where it is one
 * @returns undefined for a role that is not in the stack
 * @throws as `executionRoles`, but whomever the role trusts
 */
export function roleByArn(stack: Stack, arn: string, functionKey?: string): Role | undefined {
  const role = ofType(stack, "AWS::IAM::Role").find((candidate) => candidate.arn === arn);
  if (role === undefined) return undefined;
  const raw = properties(roleSchema, role);
  const carrier = { logicalId: role.logicalId, ...(functionKey !== undefined && { functionKey }) };
  const trust = `role "${role.logicalId}", its trust policy`;
  return {
    logicalId: role.logicalId,
    name: role.physicalId,
    arn,
    trust: document(raw.AssumeRolePolicyDocument, "trust", trust, carrier),
    policies: [
      ...raw.Policies.map(({ PolicyName, PolicyDocument }) => ({
        name: PolicyName,
        document: document(
          PolicyDocument,
          "identity-based",
          `role "${role.logicalId}", policy "${PolicyName}"`,
          carrier,
        ),
      })),
      ...attachedPolicies(stack, role, raw.ManagedPolicyArns),
    ],
    ...(raw.PermissionsBoundary !== undefined && {
      boundary: managedPolicy(stack, role, raw.PermissionsBoundary, "boundary"),
    }),
  };
}

/**
 * The resource-based policies of the stack, by the ARN of the resource that they are attached to. A
 * `AWS::Lambda::Permission` becomes the statement that Lambda adds to the function's policy for it.
 *
 * @throws Error when IAM would not take a policy, or when it is attached to a resource outside the stack.
 */
export function resourcePolicies(stack: Stack): ReadonlyMap<string, readonly NamedPolicy[]> {
  const policies = new Map<string, NamedPolicy[]>();
  for (const resource of stack.resources.values()) {
    const attached = ATTACHMENTS.get(resource.type)?.(stack, resource);
    if (attached === undefined) continue;
    const policy = {
      name: resource.logicalId,
      document: document(attached.document, "resource-based", `policy "${resource.logicalId}"`, resource),
    };
    for (const arn of attached.arns) policies.set(arn, [...(policies.get(arn) ?? []), policy]);
  }
  return policies;
}

/** Lambda is asked without any condition keys: which it sends when it assumes a role is not documented. */
function refuseUntrusting(stack: Stack, { logicalId, arn, trust }: Role): void {
  const { outcome } = decide(
    {
      caller: { type: "service", service: "lambda.amazonaws.com" },
      action: "sts:AssumeRole",
      resource: arn,
      resourceAccountId: stack.environment.accountId,
      context: {},
    },
    { identity: [], resource: [{ name: "trust policy", document: trust }] },
  );
  if (outcome !== "allowed")
    throw new Error(`role "${logicalId}": its trust policy does not let lambda.amazonaws.com assume it`);
}

function attachedPolicies(stack: Stack, role: StackResource, managedArns: readonly string[]): NamedPolicy[] {
  const naming = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"]
    .flatMap((type) => ofType(stack, type))
    .filter(
      (policy) =>
        properties(attachedPolicySchema, policy).Roles.includes(role.physicalId) &&
        !managedArns.includes(policy.arn ?? ""),
    )
    .map((policy) => namedPolicy(policy, "identity-based"));
  return [...naming, ...managedArns.map((arn) => managedPolicy(stack, role, arn, "identity-based"))];
}

function managedPolicy(stack: Stack, role: StackResource, arn: string, kind: PolicyKind): NamedPolicy {
  const policy = ofType(stack, "AWS::IAM::ManagedPolicy").find((candidate) => candidate.arn === arn);
  if (policy === undefined)
    throw new Error(
      `role "${role.logicalId}": the managed policy ${arn} is not in the template, so its content is unknown; write its statements out`,
    );
  return namedPolicy(policy, kind);
}

function namedPolicy(resource: StackResource, kind: PolicyKind): NamedPolicy {
  const { PolicyDocument } = properties(attachedPolicySchema, resource);
  return {
    name: resource.logicalId,
    document: document(PolicyDocument, kind, `policy "${resource.logicalId}"`, resource),
  };
}

interface Attachment {
  readonly arns: readonly string[];
  readonly document: unknown;
}

const ATTACHMENTS: ReadonlyMap<string, (stack: Stack, resource: StackResource) => Attachment | undefined> =
  new Map([
    ["AWS::ApiGateway::RestApi", apiPolicy],
    ["AWS::Lambda::Permission", permission],
    ["AWS::S3::BucketPolicy", bucketPolicy],
    ["AWS::SNS::TopicPolicy", topicPolicy],
    ["AWS::SQS::QueuePolicy", queuePolicy],
  ]);

const bucketPolicySchema = v.strictObject({ Bucket: v.string(), PolicyDocument: v.unknown() });
const queuePolicySchema = v.strictObject({ Queues: v.array(v.string()), PolicyDocument: v.unknown() });
const topicPolicySchema = v.strictObject({ Topics: v.array(v.string()), PolicyDocument: v.unknown() });
const permissionSchema = v.strictObject({
  Action: v.string(),
  EventSourceToken: v.optional(v.string()),
  FunctionName: v.string(),
  FunctionUrlAuthType: v.optional(v.string()),
  InvokedViaFunctionUrl: v.optional(v.union([v.boolean(), v.string()])),
  Principal: v.string(),
  PrincipalOrgID: v.optional(v.string()),
  SourceAccount: v.optional(v.string()),
  SourceArn: v.optional(v.string()),
});

function apiPolicy({ environment }: Stack, resource: StackResource): Attachment | undefined {
  const { Policy } = resource.properties;
  if (Policy === undefined) return undefined;
  const { partition, region, accountId } = environment;
  const arn = `arn:${partition}:execute-api:${region}:${accountId}:${resource.physicalId}`;
  return { arns: [arn], document: apiPolicyDocument(Policy, arn) };
}

function bucketPolicy(stack: Stack, resource: StackResource): Attachment {
  const raw = properties(bucketPolicySchema, resource);
  return {
    arns: [attachedArn(stack, resource, "AWS::S3::Bucket", raw.Bucket)],
    document: raw.PolicyDocument,
  };
}

function queuePolicy(stack: Stack, resource: StackResource): Attachment {
  const raw = properties(queuePolicySchema, resource);
  return {
    arns: raw.Queues.map((queue) => attachedArn(stack, resource, "AWS::SQS::Queue", queue)),
    document: raw.PolicyDocument,
  };
}

function topicPolicy(stack: Stack, resource: StackResource): Attachment {
  const raw = properties(topicPolicySchema, resource);
  return {
    arns: raw.Topics.map((topic) => attachedArn(stack, resource, "AWS::SNS::Topic", topic)),
    document: raw.PolicyDocument,
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html */
function permission(stack: Stack, resource: StackResource): Attachment {
  const raw = properties(permissionSchema, resource);
  const { partition } = stack.environment;
  const arn = invokedArn(stack, raw.FunctionName);
  if (arn === undefined)
    throw new Error(
      `permission "${resource.logicalId}" is for ${raw.FunctionName}, which is no function of the template`,
    );
  const condition = {
    ArnLike: { "AWS:SourceArn": raw.SourceArn },
    Bool: { "lambda:InvokedViaFunctionUrl": raw.InvokedViaFunctionUrl },
    StringEquals: {
      "AWS:SourceAccount": raw.SourceAccount,
      "aws:PrincipalOrgID": raw.PrincipalOrgID,
      "lambda:EventSourceToken": raw.EventSourceToken,
      "lambda:FunctionUrlAuthType": raw.FunctionUrlAuthType,
    },
  };
  return {
    arns: [arn],
    document: {
      Version: "2012-10-17",
      Statement: {
        Sid: resource.logicalId,
        Effect: "Allow",
        Principal: permissionPrincipal(raw.Principal, partition),
        Action: raw.Action,
        Resource: arn,
        // Leaves out the keys that the permission does not set.
        Condition: JSON.parse(JSON.stringify(condition)),
      },
    },
  };
}

/**
 * The function, version or alias that a permission is for: each has a policy of its own.
 * https://docs.aws.amazon.com/lambda/latest/dg/versioning-aliases-permissions.html
 */
function invokedArn(stack: Stack, name: string): string | undefined {
  for (const { arn = "", physicalId } of ofType(stack, "AWS::Lambda::Function")) {
    const known = [arn, physicalId].find((known) => name === known || name.startsWith(`${known}:`));
    if (known !== undefined) return arn + name.slice(known.length);
  }
  return undefined;
}

function permissionPrincipal(principal: string, partition: string) {
  if (principal === "*") return "*";
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:${partition}:iam::${principal}:root` };
  return principal.startsWith("arn:") ? { AWS: principal } : { Service: principal };
}

function attachedArn(stack: Stack, policy: StackResource, type: string, physicalId: string): string {
  const target = ofType(stack, type).find((resource) => resource.physicalId === physicalId);
  if (target?.arn === undefined)
    throw new Error(
      `policy "${policy.logicalId}" is attached to ${physicalId}, which is no ${type} of the template`,
    );
  return target.arn;
}

function ofType(stack: Stack, type: string): readonly StackResource[] {
  return [...stack.resources.values()].filter((resource) => resource.type === type);
}

function properties<const Schema extends v.GenericSchema>(
  schema: Schema,
  resource: StackResource,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, resource.properties);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(`resource "${resource.logicalId}": ${v.getDotPath(issue) ?? ""}: ${issue.message}`);
}

function document(json: unknown, kind: PolicyKind | "trust", where: string, carrier: Carrier): Policy {
  try {
    return parsePolicy(json, kind);
  } catch (error) {
    throw new RefusedPolicy(`${where}: ${(error as Error).message}`, carrier, error);
  }
}
