import { join } from "node:path";
import * as v from "valibot";
import type { RuleSpec } from "../engines/events/bus.ts";
import type { NotificationRule } from "../engines/s3/notifications.ts";
import type { MappingSpec } from "../engines/sqs/event-source-mapping.ts";
import type { QueueSpec } from "../engines/sqs/queue.ts";
import type { Principal } from "../gate/types.ts";
import { type ExecutionRole, executionRoles, type Stack, type StackResource } from "../index.ts";
import type { Route } from "../lambda/http/http-api.ts";
import type { FunctionSpec } from "../lambda/types.ts";

/*
 * What each service of the local run needs to know of the stack. The schemas are strict: a property that the local run
 * does not imitate is an error that names it, not a difference to AWS that nobody sees.
 */

const unread = v.optional(v.unknown());

const functionSchema = v.strictObject({
  FunctionName: v.string(),
  Handler: v.string(),
  Runtime: v.literal("nodejs24.x"),
  Role: v.string(),
  Timeout: v.number(),
  MemorySize: v.number(),
  ReservedConcurrentExecutions: v.optional(v.number()),
  Environment: v.optional(v.strictObject({ Variables: v.record(v.string(), v.string()) }), { Variables: {} }),
  Code: unread,
  Architectures: unread,
  Description: unread,
  Tags: unread,
});

const mappingSchema = v.strictObject({
  FunctionName: v.string(),
  EventSourceArn: v.string(),
  BatchSize: v.optional(v.number(), 10),
  MaximumBatchingWindowInSeconds: v.optional(v.number(), 0),
  Enabled: v.optional(v.boolean(), true),
  FunctionResponseTypes: v.optional(v.array(v.literal("ReportBatchItemFailures")), []),
  ScalingConfig: v.optional(v.strictObject({ MaximumConcurrency: v.number() })),
});

const queueSchema = v.strictObject({
  QueueName: v.string(),
  VisibilityTimeout: v.optional(v.number(), 30),
  MessageRetentionPeriod: v.optional(v.number(), 345_600),
  RedrivePolicy: v.optional(v.strictObject({ deadLetterTargetArn: v.string(), maxReceiveCount: v.number() })),
  SqsManagedSseEnabled: unread,
});

const notificationSchema = v.strictObject({
  Event: v.string(),
  Queue: v.string(),
  Filter: v.optional(
    v.strictObject({
      S3Key: v.strictObject({
        Rules: v.array(v.strictObject({ Name: v.picklist(["prefix", "suffix"]), Value: v.string() })),
      }),
    }),
  ),
});

const bucketSchema = v.strictObject({
  BucketName: v.optional(v.string()),
  NotificationConfiguration: v.optional(
    v.strictObject({ QueueConfigurations: v.array(notificationSchema) }),
    {
      QueueConfigurations: [],
    },
  ),
  BucketEncryption: unread,
  LifecycleConfiguration: unread,
  OwnershipControls: unread,
  PublicAccessBlockConfiguration: unread,
});

const ruleSchema = v.strictObject({
  Name: v.string(),
  EventPattern: v.record(v.string(), v.unknown()),
  State: v.optional(v.picklist(["ENABLED", "DISABLED"]), "ENABLED"),
  Targets: v.array(v.strictObject({ Arn: v.string(), Id: v.string() })),
});

const apiSchema = v.strictObject({ Name: v.string(), ProtocolType: v.literal("HTTP") });
const stageSchema = v.strictObject({
  ApiId: v.string(),
  StageName: v.literal("$default"),
  AutoDeploy: v.literal(true),
  DefaultRouteSettings: unread,
});
const integrationSchema = v.strictObject({
  ApiId: v.string(),
  IntegrationType: v.literal("AWS_PROXY"),
  IntegrationUri: v.string(),
  PayloadFormatVersion: v.literal("2.0"),
  TimeoutInMillis: v.literal(30_000),
});
const routeSchema = v.strictObject({
  ApiId: v.string(),
  RouteKey: v.string(),
  Target: v.string(),
  AuthorizationType: v.optional(v.picklist(["AWS_IAM", "NONE"]), "NONE"),
});

/** What the local run runs, reads as policies, or shows nobody: an alarm rings nowhere here. */
const RUNNABLE: ReadonlySet<string> = new Set([
  "AWS::ApiGatewayV2::Api",
  "AWS::ApiGatewayV2::Integration",
  "AWS::ApiGatewayV2::Route",
  "AWS::ApiGatewayV2::Stage",
  "AWS::CloudWatch::Alarm",
  "AWS::Events::Rule",
  "AWS::IAM::ManagedPolicy",
  "AWS::IAM::Policy",
  "AWS::IAM::Role",
  "AWS::Lambda::EventSourceMapping",
  "AWS::Lambda::Function",
  "AWS::Lambda::Permission",
  "AWS::Lambda::Version",
  "AWS::Logs::LogGroup",
  "AWS::S3::Bucket",
  "AWS::S3::BucketPolicy",
  "AWS::SNS::Subscription",
  "AWS::SNS::Topic",
  "AWS::SNS::TopicPolicy",
  "AWS::SQS::Queue",
  "AWS::SQS::QueuePolicy",
]);

/**
 * IAM's rules are known for more types than the local run imitates.
 *
 * @throws Error that names the first resource of a type that would do nothing here.
 */
export function requireRunnable(stack: Stack): void {
  for (const { logicalId, type } of stack.resources.values()) {
    if (RUNNABLE.has(type)) continue;
    throw new Error(
      `${logicalId} (${type}): the local run does not imitate this type. It runs ${[...RUNNABLE].join(", ")}: ` +
        "leave it out here, or try it in an AWS account.",
    );
  }
}

/** @throws Error that names the resource and the property that the local run does not know. */
function read<const Schema extends v.GenericSchema>(
  stack: Stack,
  type: string,
  schema: Schema,
): (StackResource & { readonly config: v.InferOutput<Schema> })[] {
  return [...stack.resources.values()]
    .filter((resource) => resource.type === type)
    .map((resource) => {
      const result = v.safeParse(schema, resource.properties);
      if (result.success) return { ...resource, config: result.output };
      const [issue] = result.issues;
      throw new Error(
        `${resource.logicalId} (${type}): the local run does not imitate this, ${v.getDotPath(issue) ?? ""}: ${issue.message}`,
      );
    });
}

const arnOf = ({ arn, logicalId }: StackResource): string => {
  if (!arn) throw new Error(`${logicalId} has no ARN.`);
  return arn;
};

/** A function but for its credentials, which only the running Lambda needs. */
export type FunctionPart = Omit<FunctionSpec, "credentials">;

/** @param packaged The folder with the zips, each named after its function's key in serverless.yml. */
export function functionParts(stack: Stack, packaged: string): FunctionPart[] {
  const roles = executionRoles(stack);
  return read(stack, "AWS::Lambda::Function", functionSchema).map((resource) => {
    const { config } = resource;
    const role = roles.find(({ functionName }) => functionName === config.FunctionName);
    if (!role) throw new Error(`${resource.logicalId} has no execution role.`);
    return {
      key: role.functionKey,
      name: role.functionName,
      arn: arnOf(resource),
      handler: config.Handler,
      zip: join(packaged, `${role.functionKey}.zip`),
      timeout: config.Timeout,
      memory: config.MemorySize,
      ...(config.ReservedConcurrentExecutions !== undefined && {
        reservedConcurrency: config.ReservedConcurrentExecutions,
      }),
      environment: config.Environment.Variables,
      principal: sessionOf(role, stack),
      logGroup: `/aws/lambda/${role.functionName}`,
    };
  });
}

/** Lambda names a role's session after the function. */
function sessionOf(role: ExecutionRole, { environment: { partition, accountId } }: Stack): Principal {
  return {
    name: role.functionKey,
    caller: {
      type: "principal",
      arn: `arn:${partition}:sts::${accountId}:assumed-role/${role.name}/${role.functionName}`,
      principalArn: role.arn,
      accountId,
    },
    policies: role.policies,
    ...(role.boundary && { boundary: role.boundary }),
  };
}

export interface BucketPart {
  readonly name: string;
  readonly notifications: readonly NotificationRule[];
}

export function bucketParts(stack: Stack): BucketPart[] {
  return read(stack, "AWS::S3::Bucket", bucketSchema).map(({ physicalId, config }) => ({
    name: physicalId,
    notifications: config.NotificationConfiguration.QueueConfigurations.map(({ Event, Queue, Filter }) => {
      const rules = Object.fromEntries((Filter?.S3Key.Rules ?? []).map(({ Name, Value }) => [Name, Value]));
      return { queueArn: Queue, events: [Event], ...rules };
    }),
  }));
}

/**
 * The bucket that tells a queue of what it holds; the framework's own bucket does not.
 *
 * @throws Error when there is none.
 */
export function recordingsBucket(stack: Stack): string {
  const bucket = bucketParts(stack).find(({ notifications }) => notifications.length > 0);
  if (!bucket) throw new Error("No bucket of the stack notifies a queue: there is nothing to run.");
  return bucket.name;
}

export function queueParts(stack: Stack): QueueSpec[] {
  return read(stack, "AWS::SQS::Queue", queueSchema).map((resource) => {
    const { QueueName, VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy } = resource.config;
    return {
      name: QueueName,
      arn: arnOf(resource),
      visibilityTimeout: VisibilityTimeout,
      retention: MessageRetentionPeriod,
      ...(RedrivePolicy && {
        redrive: {
          deadLetterArn: RedrivePolicy.deadLetterTargetArn,
          maxReceiveCount: RedrivePolicy.maxReceiveCount,
        },
      }),
    };
  });
}

export type MappingPart = Omit<MappingSpec, "target"> & { readonly functionArn: string };

/** Those that are enabled. */
export function mappingParts(stack: Stack): MappingPart[] {
  return read(stack, "AWS::Lambda::EventSourceMapping", mappingSchema)
    .filter(({ config }) => config.Enabled)
    .map(({ config }) => ({
      queueArn: config.EventSourceArn,
      functionArn: config.FunctionName,
      batchSize: config.BatchSize,
      batchingWindow: config.MaximumBatchingWindowInSeconds,
      reportBatchItemFailures: config.FunctionResponseTypes.includes("ReportBatchItemFailures"),
      ...(config.ScalingConfig && { maximumConcurrency: config.ScalingConfig.MaximumConcurrency }),
    }));
}

/** Those that are enabled. */
export function ruleParts(stack: Stack): RuleSpec[] {
  return read(stack, "AWS::Events::Rule", ruleSchema)
    .filter(({ config }) => config.State === "ENABLED")
    .map((resource) => ({
      name: resource.config.Name,
      arn: arnOf(resource),
      pattern: resource.config.EventPattern,
      targets: resource.config.Targets.map(({ Arn }) => ({ functionArn: Arn })),
    }));
}

export interface ApiPart {
  readonly apiId: string;
  readonly routes: readonly Route[];
}

/** @throws Error when the stack has not exactly one HTTP API. */
export function apiPart(stack: Stack): ApiPart {
  const [api, another] = read(stack, "AWS::ApiGatewayV2::Api", apiSchema);
  if (!api || another) throw new Error("The local run serves exactly one HTTP API.");
  read(stack, "AWS::ApiGatewayV2::Stage", stageSchema);
  const integrations = read(stack, "AWS::ApiGatewayV2::Integration", integrationSchema);
  const routes = read(stack, "AWS::ApiGatewayV2::Route", routeSchema).map(({ logicalId, config }) => {
    const integration = integrations.find(({ physicalId }) => config.Target === `integrations/${physicalId}`);
    if (!integration) throw new Error(`${logicalId}: its target ${config.Target} is not in the stack.`);
    return {
      routeKey: config.RouteKey,
      functionArn: integration.config.IntegrationUri,
      authorizationType: config.AuthorizationType,
    };
  });
  return { apiId: api.physicalId, routes };
}
