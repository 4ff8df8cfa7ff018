import type { NamedPolicy } from "../iam/types.ts";
import { hasUnknown, unknownPolicy } from "../iam/unknown.ts";
import { apiArn, apiPolicyDocument } from "./api-policy.ts";
import { document, isRecord, items, ofType, onlyIf, type PrincipalOptions, text } from "./principals.ts";
import type { Stack, StackResource } from "./template.ts";

/** A type whose resources are policies of others: the property that names those, and the one with the document. */
const BESIDE: Readonly<Record<string, readonly [target: string, document: string]>> = {
  "AWS::Kinesis::ResourcePolicy": ["ResourceArn", "ResourcePolicy"],
  "AWS::S3::BucketPolicy": ["Bucket", "PolicyDocument"],
  "AWS::SecretsManager::ResourcePolicy": ["SecretId", "ResourcePolicy"],
  "AWS::SNS::TopicInlinePolicy": ["TopicArn", "PolicyDocument"],
  "AWS::SNS::TopicPolicy": ["Topics", "PolicyDocument"],
  "AWS::SQS::QueueInlinePolicy": ["Queue", "PolicyDocument"],
  "AWS::SQS::QueuePolicy": ["Queues", "PolicyDocument"],
};

/** A type that carries its own policy, and the way to it. */
const WITHIN: Readonly<Record<string, readonly string[]>> = {
  "AWS::DynamoDB::Table": ["ResourcePolicy", "PolicyDocument"],
  "AWS::ECR::Repository": ["RepositoryPolicyText"],
  "AWS::EFS::FileSystem": ["FileSystemPolicy"],
  "AWS::KMS::Key": ["KeyPolicy"],
};

/** Types that are called policies and grant nothing. */
const GRANTS_NOTHING =
  /(?:Scaling|Cache|OriginRequest|ResponseHeaders|ContinuousDeployment|Lifecycle)Policy$/;

/**
 * The resource-based policies of the stack, by the ARN of the resource that they are attached to. A
 * `AWS::Lambda::Permission` becomes the statement that Lambda adds to the function's policy for it. A resource whose
 * policy is there and cannot be read has an unknown one.
 *
 * @throws A {RefusedPolicy} when IAM would not take a policy.
 */
export function resourcePolicies(
  stack: Stack,
  { note = () => undefined }: PrincipalOptions = {},
): ReadonlyMap<string, readonly NamedPolicy[]> {
  const policies = new Map<string, NamedPolicy[]>();
  const attach = (arns: readonly string[], policy: NamedPolicy, { condition }: StackResource) => {
    const attached = condition === undefined ? policy : onlyIf(policy, condition);
    for (const arn of arns) policies.set(arn, [...(policies.get(arn) ?? []), attached]);
  };
  for (const resource of stack.resources.values()) {
    const { type, logicalId } = resource;
    const says = (what: string) => note({ where: `Resources.${logicalId}`, says: what });
    if (type === "AWS::Lambda::Permission") {
      const arn = functionArn(stack, text(resource.properties.FunctionName) ?? "", says);
      const json = permission(stack, resource, arn);
      attach([arn], { name: logicalId, document: read(json, resource) }, resource);
    } else if (type === "AWS::ApiGateway::RestApi") {
      const { Policy } = resource.properties;
      const arn = apiArn(resource, stack);
      if (Policy !== undefined)
        attach(
          [arn],
          { name: logicalId, document: read(apiPolicyDocument(Policy, arn), resource) },
          resource,
        );
    } else if (Object.hasOwn(BESIDE, type)) {
      const [target = "", property = ""] = BESIDE[type] ?? [];
      const arns = items(resource.properties[target]).flatMap((one) => arnOf(stack, String(one), type, says));
      attach(arns, { name: logicalId, document: read(resource.properties[property], resource) }, resource);
    } else if (Object.hasOwn(WITHIN, type)) {
      const json = (WITHIN[type] ?? []).reduce<unknown>(
        (value, key) => (isRecord(value) ? value[key] : value),
        resource.properties,
      );
      if (json !== undefined && resource.arn !== undefined)
        attach([resource.arn], { name: logicalId, document: read(json, resource) }, resource);
    } else if (mayGrant(type)) {
      const arns = named(stack, resource);
      attach(arns, unknownPolicy(logicalId, `the policy of ${logicalId} (${type})`), resource);
      says(
        `${type} may grant rights and is not read here${arns.length > 0 ? `; decisions about ${arns.join(", ")} may hang on it` : ""}`,
      );
    }
  }
  return policies;
}

function mayGrant(type: string): boolean {
  return /(?:Policy|Permission)$/.test(type) && !type.startsWith("AWS::IAM::") && !GRANTS_NOTHING.test(type);
}

function read(json: unknown, resource: StackResource) {
  return document(json, "resource-based", `policy "${resource.logicalId}"`, resource);
}

/** The ARNs of the stack's resources that the properties of another name. */
function named(stack: Stack, { properties, logicalId }: StackResource): readonly string[] {
  const texts = new Set(textsIn(properties));
  return [...stack.resources.values()].flatMap((resource) => {
    const { arn, physicalId } = resource;
    const isNamed =
      resource.logicalId !== logicalId && (texts.has(physicalId) || texts.has(arn ?? physicalId));
    return isNamed && arn !== undefined ? [arn] : [];
  });
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Of what a policy is attached to; nothing where it cannot be told. */
function arnOf(stack: Stack, target: string, type: string, says: (what: string) => void): readonly string[] {
  const service = type.split("::").slice(0, 2).join("::");
  const found = [...stack.resources.values()].find(
    (resource) =>
      resource.type.startsWith(`${service}::`) && (resource.physicalId === target || resource.arn === target),
  );
  if (found?.arn !== undefined) return [found.arn];
  says(`is attached to ${target}, which is not in the template`);
  const { partition } = stack.environment;
  const [, region, accountId, queue] =
    /^https:\/\/sqs\.([^.]+)\.[^/]+\/(\d{12})\/([^/]+)$/.exec(target) ?? [];
  if (queue !== undefined) return [`arn:${partition}:sqs:${region}:${accountId}:${queue}`];
  if (target.startsWith("arn:")) return [target];
  return type === "AWS::S3::BucketPolicy" ? [`arn:${partition}:s3:::${target}`] : [];
}

/**
 * A function may be named by its name, by its ARN, or by the end of it, each with an alias or a version behind it: those
 * have policies of their own.
 * https://docs.aws.amazon.com/lambda/latest/dg/versioning-aliases-permissions.html
 */
function functionArn(stack: Stack, name: string, says: (what: string) => void): string {
  const lambda = ofType(stack, "AWS::Lambda::Function").find(
    ({ arn, physicalId }) => name === arn || name === physicalId || arn?.endsWith(`:${name}`) === true,
  );
  if (lambda?.arn !== undefined) return lambda.arn;
  for (const { arn = "", physicalId } of ofType(stack, "AWS::Lambda::Function")) {
    const known = [arn, physicalId].find((whole) => name.startsWith(`${whole}:`));
    if (known !== undefined) return arn + name.slice(known.length);
  }
  const isInStack = [...stack.resources.values()].some(({ arn }) => arn === name);
  if (!isInStack) says(`is for ${name}, which is no function of the template`);
  if (name.startsWith("arn:") || hasUnknown(name)) return name;
  const { partition, region, accountId } = stack.environment;
  return `arn:${partition}:lambda:${region}:${accountId}:function:${name}`;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html */
function permission(stack: Stack, { logicalId, properties }: StackResource, arn: string): object {
  const condition = {
    ArnLike: { "AWS:SourceArn": properties.SourceArn },
    Bool: { "lambda:InvokedViaFunctionUrl": properties.InvokedViaFunctionUrl },
    StringEquals: {
      "AWS:SourceAccount": properties.SourceAccount,
      "aws:PrincipalOrgID": properties.PrincipalOrgID,
      "lambda:EventSourceToken": properties.EventSourceToken,
      "lambda:FunctionUrlAuthType": properties.FunctionUrlAuthType,
    },
  };
  return {
    Version: "2012-10-17",
    Statement: {
      Sid: logicalId,
      Effect: "Allow",
      Principal: permissionPrincipal(text(properties.Principal) ?? "", stack.environment.partition),
      Action: properties.Action,
      Resource: arn,
      // Leaves out the keys that the permission does not set.
      Condition: JSON.parse(JSON.stringify(condition)),
    },
  };
}

function permissionPrincipal(principal: string, partition: string) {
  if (principal === "*" || hasUnknown(principal)) return principal;
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:${partition}:iam::${principal}:root` };
  return principal.startsWith("arn:") ? { AWS: principal } : { Service: principal };
}
