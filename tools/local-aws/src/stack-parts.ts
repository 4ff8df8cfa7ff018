import { join } from "node:path";
import { type ExecutionRole, executionRoles, type Stack, type StackResource } from "@voice-notes/permissions";
import * as v from "valibot";

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

export interface FunctionPart {
  readonly role: ExecutionRole;
  readonly arn: string;
  readonly zip: string;
  readonly logGroup: string;
  readonly config: v.InferOutput<typeof functionSchema>;
}

/** @param packaged The folder with the zips, each named after its function's key in serverless.yml. */
export function functionParts(stack: Stack, packaged: string): FunctionPart[] {
  const roles = executionRoles(stack);
  return read(stack, "AWS::Lambda::Function", functionSchema).map((resource) => {
    const role = roles.find(({ functionName }) => functionName === resource.config.FunctionName);
    if (!role) throw new Error(`${resource.logicalId} has no execution role.`);
    return {
      role,
      arn: arnOf(resource),
      zip: join(packaged, `${role.functionKey}.zip`),
      logGroup: `/aws/lambda/${resource.config.FunctionName}`,
      config: resource.config,
    };
  });
}

export const bucketParts = (stack: Stack) =>
  read(stack, "AWS::S3::Bucket", bucketSchema).map(({ logicalId, physicalId, config }) => ({
    logicalId,
    name: physicalId,
    notifications: config.NotificationConfiguration.QueueConfigurations.map(({ Event, Queue, Filter }) => {
      const rules = Object.fromEntries((Filter?.S3Key.Rules ?? []).map(({ Name, Value }) => [Name, Value]));
      return { queueArn: Queue, events: [Event], ...rules };
    }),
  }));

export const queueParts = (stack: Stack) =>
  read(stack, "AWS::SQS::Queue", queueSchema).map((resource) => ({ arn: arnOf(resource), ...resource }));

export const mappingParts = (stack: Stack) => read(stack, "AWS::Lambda::EventSourceMapping", mappingSchema);

export const ruleParts = (stack: Stack) =>
  read(stack, "AWS::Events::Rule", ruleSchema).map((resource) => ({ arn: arnOf(resource), ...resource }));

export interface ApiPart {
  readonly apiId: string;
  readonly routes: {
    readonly routeKey: string;
    readonly functionArn: string;
    readonly authorizationType: "AWS_IAM" | "NONE";
  }[];
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
