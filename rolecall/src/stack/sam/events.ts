import { addHttpRoute, addRestMethod } from "./api.ts";
import {
  type Draft,
  getAtt,
  given,
  inlinePolicy,
  list,
  type Properties,
  record,
  ref,
  referredTo,
  sub,
  trust,
} from "./draft.ts";
import { managedPolicyArn } from "./managed-policies.ts";
import type { RolePolicies } from "./role.ts";
import { add, addPermission, destinationPolicy, type Event, type Placed, type Target } from "./target.ts";

/**
 * The resources of a function's events, and what its role must have for those that Lambda polls.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html
 */
export function expandEvents(
  functionId: string,
  target: Target,
  events: unknown,
  draft: Draft,
): RolePolicies {
  const all = Object.entries(record(events)).map(([name, event]) => ({ name, ...record(event) })) as {
    readonly name: string;
    readonly Type?: unknown;
    readonly Properties?: unknown;
  }[];
  // An HTTP API's route without a path is its default route.
  const order = ({ name, Type, Properties }: (typeof all)[number]) =>
    String(record(Properties).Path ?? (Type === "HttpApi" ? "$default" : name));
  const sorted = all.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
  const policies = sorted.map((event) => {
    const expand = push[String(event.Type)];
    const one = { id: functionId + event.name, properties: record(event.Properties), target, draft };
    if (event.Type === "SNS") return addSubscription(one);
    if (expand !== undefined) {
      expand(one);
      return nothing;
    }
    if (pollers[String(event.Type)] !== undefined) return poll(String(event.Type), one);
    draft.notes.push({
      where: `Resources.${functionId}.Properties.Events.${event.name}`,
      says: `an event of type ${String(event.Type)} is not read here`,
    });
    return nothing;
  });
  return {
    managed: policies.flatMap((one) => one.managed),
    inline: uniqueDocuments(policies.flatMap((one) => one.inline)),
  };
}

const nothing: RolePolicies = { managed: [], inline: [] };

function uniqueDocuments(inline: RolePolicies["inline"]): RolePolicies["inline"] {
  const seen = new Set<string>();
  return inline.filter(({ PolicyDocument }) => {
    const text = JSON.stringify(PolicyDocument);
    return !seen.has(text) && seen.add(text);
  });
}

const push: Readonly<Record<string, (event: Event) => void>> = {
  Api: addRestMethod,
  HttpApi: addHttpRoute,
  AlexaSkill: ({ properties, ...event }) =>
    addPermission(event, "alexa-appkit.amazon.com", { EventSourceToken: properties.SkillId }),
  CloudWatchEvent: ({ properties, ...event }) =>
    addRule(event, properties, { EventPattern: properties.Pattern, Name: properties.RuleName }),
  CloudWatchLogs: addLogFilter,
  Cognito: addUserPoolTrigger,
  EventBridgeRule: ({ properties, ...event }) =>
    addRule(event, properties, { EventPattern: properties.Pattern, Name: properties.RuleName }),
  IoTRule: addTopicRule,
  S3: addNotification,
  Schedule: ({ properties, ...event }) =>
    addRule(event, properties, {
      ScheduleExpression: properties.Schedule,
      Name: properties.Name,
      Description: properties.Description,
    }),
  ScheduleV2: addSchedule,
};

function addRule(event: Placed, properties: Properties, rule: Properties): void {
  const { Enabled, State, Input, InputPath, InputTransformer, RetryPolicy, EventBusName, Target } =
    properties;
  add(event, event.id, "AWS::Events::Rule", {
    ...rule,
    EventBusName,
    State: State ?? (Enabled === undefined ? undefined : Enabled ? "ENABLED" : "DISABLED"),
    Targets: [
      given({
        Arn: event.target.arn,
        Id: record(Target).Id ?? `${event.id}LambdaTarget`,
        Input,
        InputPath,
        InputTransformer,
        RetryPolicy,
        DeadLetterConfig: deadLetters(event, properties.DeadLetterConfig),
      }),
    ],
  });
  addPermission(event, "events.amazonaws.com", { SourceArn: getAtt(event.id, "Arn") });
}

/** A rule's dead-letter queue, with the policy that lets EventBridge send there if SAM makes it. */
export function deadLetters(
  event: Pick<Event, "id" | "draft"> & { target: Pick<Target, "inherited"> },
  config: unknown,
) {
  if (config === undefined) return undefined;
  const { Arn, QueueLogicalId } = record(config);
  if (Arn !== undefined) return { Arn };
  const queue = typeof QueueLogicalId === "string" ? QueueLogicalId : `${event.id}Queue`;
  const { inherited } = event.target;
  event.draft.resources.set(queue, { Type: "AWS::SQS::Queue", Properties: {}, ...inherited });
  event.draft.resources.set(`${event.id}QueuePolicy`, {
    Type: "AWS::SQS::QueuePolicy",
    Properties: {
      Queues: [ref(queue)],
      PolicyDocument: sendingPolicy(queue, { Service: "events.amazonaws.com" }, getAtt(event.id, "Arn")),
    },
    ...inherited,
  });
  return { Arn: getAtt(queue, "Arn") };
}

function sendingPolicy(queue: unknown, Principal: unknown, source: unknown) {
  const Resource = typeof queue === "string" ? getAtt(queue, "Arn") : queue;
  const Condition = { ArnEquals: { "aws:SourceArn": source } };
  return {
    Version: "2012-10-17",
    Statement: [{ Action: "sqs:SendMessage", Effect: "Allow", Principal, Resource, Condition }],
  };
}

function addSchedule({ properties, ...event }: Event): void {
  addScheduleFor(
    event,
    properties,
    inlinePolicy(`${event.id}LambdaPolicy`, "lambda:InvokeFunction", event.target.arn),
  );
}

/** EventBridge Scheduler calls its target with a role of its own. */
export function addScheduleFor(
  event: Pick<Event, "id" | "draft"> & { target: Pick<Target, "inherited" | "arn"> },
  properties: Properties,
  right: unknown,
): void {
  const { draft, id, target } = event;
  const {
    RoleArn,
    DeadLetterConfig,
    Input,
    RetryPolicy,
    OmitName,
    PermissionsBoundary,
    FlexibleTimeWindow,
    Name,
    ...rest
  } = properties;
  const { Arn, QueueLogicalId } = record(DeadLetterConfig);
  const queue =
    Arn === undefined && DeadLetterConfig !== undefined ? String(QueueLogicalId ?? `${id}Queue`) : undefined;
  if (queue !== undefined)
    draft.resources.set(queue, { Type: "AWS::SQS::Queue", Properties: {}, ...target.inherited });
  const deadLetterArn = queue === undefined ? Arn : getAtt(queue, "Arn");
  draft.resources.set(id, {
    Type: "AWS::Scheduler::Schedule",
    Properties: given({
      ...rest,
      FlexibleTimeWindow: FlexibleTimeWindow ?? { Mode: "OFF" },
      Name: OmitName === true ? undefined : (Name ?? id),
      Target: given({
        Arn: target.arn,
        RoleArn: RoleArn ?? getAtt(`${id}Role`, "Arn"),
        Input,
        RetryPolicy,
        DeadLetterConfig: deadLetterArn === undefined ? undefined : { Arn: deadLetterArn },
      }),
    }),
    ...target.inherited,
  });
  if (RoleArn !== undefined) return;
  draft.resources.set(`${id}Role`, {
    Type: "AWS::IAM::Role",
    Properties: given({
      AssumeRolePolicyDocument: trust("scheduler.amazonaws.com"),
      Policies: [right, ...(deadLetterArn === undefined ? [] : destinationPolicy(id, "SQS", deadLetterArn))],
      PermissionsBoundary,
    }),
    ...target.inherited,
  });
}

function addLogFilter({ properties: { LogGroupName, FilterPattern }, ...event }: Event): void {
  const source = sub(
    `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:\${__LogGroupName__}:*`,
    { __LogGroupName__: LogGroupName },
  );
  addPermission(event, "logs.amazonaws.com", { SourceArn: source });
  add(
    event,
    event.id,
    "AWS::Logs::SubscriptionFilter",
    { LogGroupName, FilterPattern, DestinationArn: event.target.arn },
    { DependsOn: [`${event.id}Permission`] },
  );
}

function addUserPoolTrigger({ properties: { UserPool, Trigger }, ...event }: Event): void {
  const pool = referredTo(UserPool);
  if (pool === undefined) {
    unreadable(event, "UserPool is not a resource of the template");
    return;
  }
  // SAM names this permission after what is called: the alias, where there is one.
  const prefix = referredTo(event.target.name) ?? event.target.functionId;
  addPermission(
    event,
    "cognito-idp.amazonaws.com",
    { SourceArn: getAtt(pool, "Arn") },
    `${prefix}CognitoPermission`,
  );
  change(event, pool, (properties) => ({
    ...properties,
    LambdaConfig: {
      ...record(properties.LambdaConfig),
      ...Object.fromEntries(list(Trigger).map((trigger) => [String(trigger), event.target.arn])),
    },
  }));
}

function addTopicRule({ properties: { Sql, AwsIotSqlVersion }, ...event }: Event): void {
  const source = sub(`arn:\${AWS::Partition}:iot:\${AWS::Region}:\${AWS::AccountId}:rule/\${RuleName}`, {
    RuleName: ref(event.id),
  });
  addPermission(event, "iot.amazonaws.com", { SourceArn: source, SourceAccount: ref("AWS::AccountId") });
  const Actions = [{ Lambda: { FunctionArn: event.target.arn } }];
  add(event, event.id, "AWS::IoT::TopicRule", {
    TopicRulePayload: given({ Sql, RuleDisabled: false, Actions, AwsIotSqlVersion }),
  });
}

/** The bucket waits for the permission: S3 tries it when the notification is set up. */
function addNotification({ properties: { Bucket, Events, Filter }, ...event }: Event): void {
  const bucket = referredTo(Bucket);
  if (bucket === undefined) {
    unreadable(event, "Bucket is not a bucket of the template");
    return;
  }
  addPermission(event, "s3.amazonaws.com", { SourceAccount: ref("AWS::AccountId") });
  const told = list(Events).map((Event) => given({ Function: event.target.arn, Filter, Event }));
  change(event, bucket, (properties) => {
    const configuration = record(properties.NotificationConfiguration);
    return {
      ...properties,
      NotificationConfiguration: {
        ...configuration,
        LambdaConfigurations: [...list(configuration.LambdaConfigurations), ...told],
      },
    };
  });
  const resource = event.draft.resources.get(bucket);
  if (resource === undefined) return;
  const dependsOn = [...list(resource.DependsOn), `${event.id}Permission`] as string[];
  event.draft.resources.set(bucket, { ...resource, DependsOn: dependsOn });
}

function change(
  { draft, ...event }: Placed,
  logicalId: string,
  edit: (properties: Properties) => Properties,
): void {
  const resource = draft.resources.get(logicalId);
  if (resource === undefined) unreadable({ draft, ...event }, `there is no ${logicalId} in the template`);
  else draft.resources.set(logicalId, { ...resource, Properties: edit(record(resource.Properties)) });
}

function unreadable({ id, draft }: Pick<Event, "id" | "draft">, says: string): void {
  draft.notes.push({ where: `the event ${id}`, says });
}

function addSubscription({ properties, ...event }: Event): RolePolicies {
  const { Topic, Region, FilterPolicy, FilterPolicyScope, RedrivePolicy, SqsSubscription } = properties;
  const subscribe = (Protocol: string, Endpoint: unknown) =>
    add(event, event.id, "AWS::SNS::Subscription", {
      Protocol,
      Endpoint,
      TopicArn: Topic,
      Region,
      FilterPolicy,
      FilterPolicyScope,
      RedrivePolicy,
    });
  if (SqsSubscription === undefined || SqsSubscription === false) {
    addPermission(event, "sns.amazonaws.com", { SourceArn: Topic });
    subscribe("lambda", event.target.arn);
    return nothing;
  }
  const { QueueArn, QueueUrl, QueuePolicyLogicalId, BatchSize } = record(SqsSubscription);
  const made = `${event.id}Queue`;
  if (QueueArn === undefined) add(event, made, "AWS::SQS::Queue", {});
  const arn = QueueArn ?? getAtt(made, "Arn");
  const policyId = typeof QueuePolicyLogicalId === "string" ? QueuePolicyLogicalId : `${event.id}QueuePolicy`;
  add(event, policyId, "AWS::SQS::QueuePolicy", {
    Queues: [QueueUrl ?? ref(made)],
    PolicyDocument: sendingPolicy(arn, "*", Topic),
  });
  subscribe("sqs", arn);
  add(event, `${event.id}EventSourceMapping`, "AWS::Lambda::EventSourceMapping", {
    FunctionName: event.target.name,
    EventSourceArn: arn,
    BatchSize: BatchSize ?? 10,
    Enabled: true,
  });
  return { managed: [managedPolicyArn("AWSLambdaSQSQueueExecutionRole")], inline: [] };
}

/** By event: the property with what is polled, and the managed policy that SAM gives the role for it. */
const pollers: Readonly<Record<string, { readonly source: string; readonly policy: string }>> = {
  DynamoDB: { source: "Stream", policy: "AWSLambdaDynamoDBExecutionRole" },
  Kinesis: { source: "Stream", policy: "AWSLambdaKinesisExecutionRole" },
  MSK: { source: "Stream", policy: "AWSLambdaMSKExecutionRole" },
  SQS: { source: "Queue", policy: "AWSLambdaSQSQueueExecutionRole" },
};

function poll(type: string, { properties, ...event }: Event): RolePolicies {
  const { source = "", policy = "" } = pollers[type] ?? {};
  const { [source]: EventSourceArn, ConsumerGroupId, DestinationConfig, ...same } = properties;
  const { Type, ...failure } = record(record(DestinationConfig).OnFailure);
  add(event, event.id, "AWS::Lambda::EventSourceMapping", {
    ...same,
    EventSourceArn,
    FunctionName: event.target.name,
    AmazonManagedKafkaEventSourceConfig: ConsumerGroupId === undefined ? undefined : { ConsumerGroupId },
    DestinationConfig: DestinationConfig === undefined ? undefined : { OnFailure: failure },
  });
  return {
    managed: [managedPolicyArn(policy)],
    inline: destinationPolicy(event.id, Type, failure.Destination),
  };
}
