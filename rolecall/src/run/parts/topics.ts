import * as v from "valibot";
import type { SubscriptionSpec, TopicSpec } from "../../engines/sns/topic.ts";
import { arnOf, boolean, type Reading, read } from "./read.ts";

/** CloudFormation takes an object, and passes on a text as it is. */
const json = v.union([
  v.record(v.string(), v.unknown()),
  v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())),
]);

const subscription = {
  TopicArn: v.string(),
  Protocol: v.string(),
  Endpoint: v.optional(v.string(), ""),
  FilterPolicy: v.optional(json),
  FilterPolicyScope: v.optional(v.picklist(["MessageAttributes", "MessageBody"]), "MessageAttributes"),
  RawMessageDelivery: v.optional(boolean, false),
  RedrivePolicy: v.optional(v.pipe(json, v.object({ deadLetterTargetArn: v.string() }))),
};

const topic = {
  TopicName: v.optional(v.string()),
  Subscription: v.optional(v.array(v.object({ Endpoint: v.string(), Protocol: v.string() })), []),
  FifoTopic: v.optional(boolean, false),
  ContentBasedDeduplication: v.optional(boolean, false),
};

/** Subscriptions of functions and queues are delivered to, others are noted. */
export function topicParts(reading: Reading): TopicSpec[] {
  const subscriptions = read(reading, "AWS::SNS::Subscription", subscription);
  return read(reading, "AWS::SNS::Topic", topic).map((resource) => {
    const arn = arnOf(resource);
    const own = resource.config.Subscription.map(({ Endpoint, Protocol }, index) => ({
      resource,
      arn: `${arn}:subscription-${index + 1}`,
      config: {
        Protocol,
        Endpoint,
        FilterPolicyScope: "MessageAttributes" as const,
        RawMessageDelivery: false,
      },
    }));
    const added = subscriptions
      .filter(({ config }) => config.TopicArn === arn)
      .map((one) => ({ resource: one, arn: one.arn ?? `${arn}:${one.logicalId}`, config: one.config }));
    return {
      name: arn.split(":").at(-1) ?? "",
      arn,
      subscriptions: [...own, ...added].flatMap(({ resource: from, arn: subscriptionArn, config }) => {
        const { Protocol, Endpoint } = config;
        if (Protocol !== "lambda" && Protocol !== "sqs") {
          reading.note(from, `not imitated: ${Protocol} gets nothing of what is published here`);
          return [];
        }
        return subscriptionSpec(subscriptionArn, Endpoint, config);
      }),
    };
  });
}

function subscriptionSpec(
  arn: string,
  endpoint: string,
  config: Partial<v.InferOutput<v.ObjectSchema<typeof subscription, undefined>>>,
): SubscriptionSpec {
  const { FilterPolicy, FilterPolicyScope = "MessageAttributes", RawMessageDelivery = false } = config;
  const deadLetterArn = config.RedrivePolicy?.deadLetterTargetArn;
  return {
    arn,
    endpoint,
    ...(FilterPolicy && { filter: { policy: FilterPolicy, scope: FilterPolicyScope } }),
    raw: RawMessageDelivery,
    ...(deadLetterArn !== undefined && { deadLetterArn }),
  };
}
