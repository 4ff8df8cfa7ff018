import { randomUUID } from "node:crypto";
import type { Message, MessageAttributes, Targets } from "../../gate/targets/targets.ts";
import type { Log } from "../../gate/types.ts";
import { compilePattern, type EventTest } from "../events/pattern.ts";

export interface SubscriptionSpec {
  readonly arn: string;
  /** A function's or a queue's ARN. */
  readonly endpoint: string;
  readonly filter?: {
    readonly policy: Readonly<Record<string, unknown>>;
    readonly scope: "MessageAttributes" | "MessageBody";
  };
  /** The queue gets the message alone, not the envelope around it. */
  readonly raw: boolean;
  /** The queue for what could not be delivered. */
  readonly deadLetterArn?: string;
}

export interface TopicSpec {
  readonly name: string;
  readonly arn: string;
  readonly subscriptions: readonly SubscriptionSpec[];
}

export interface TopicOptions {
  readonly targets: Targets;
  readonly region: string;
  readonly log: Log;
  readonly clock?: () => Date;
}

/**
 * A topic: takes each message to the subscriptions whose filter it fits, as the policies of functions and queues let
 * Amazon SNS.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html
 *
 * @returns Publishes a message.
 * @throws Error for a filter policy that Amazon SNS refuses.
 */
export function createTopic(spec: TopicSpec, options: TopicOptions): (message: Message) => void {
  const { targets, region, log, clock = () => new Date() } = options;
  const sender = { service: "sns.amazonaws.com", sourceArn: spec.arn };
  const subscriptions = spec.subscriptions.map((one) => ({ ...one, fits: compileFilter(spec, one) }));

  return (message) => {
    const published = { id: randomUUID(), time: clock().toISOString(), region, topicArn: spec.arn };
    for (const subscription of subscriptions) {
      if (!subscription.fits(message)) continue;
      const { endpoint, deadLetterArn } = subscription;
      const sent = sentTo(subscription, message, published);
      const refused = targets.send(sender, endpoint, sent);
      if (refused === undefined) continue;
      log(`sns: the topic ${spec.name} may not deliver to ${endpoint}: ${refused}`);
      if (deadLetterArn === undefined) continue;
      const lost = targets.send(sender, deadLetterArn, sent);
      if (lost !== undefined) log(`sns: nor to its dead-letter queue ${deadLetterArn}: ${lost}`);
    }
  };
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html */
function compileFilter({ name }: TopicSpec, { filter }: SubscriptionSpec): (message: Message) => boolean {
  if (filter === undefined || Object.keys(filter.policy).length === 0) return () => true;
  let test: EventTest;
  try {
    test = compilePattern(filter.policy, "FilterPolicy");
  } catch (error) {
    throw new Error(`${name}: Invalid parameter: FilterPolicy: ${(error as Error).message}`);
  }
  if (filter.scope === "MessageAttributes") return ({ attributes = {} }) => test(attributeValues(attributes));
  return ({ body }) => {
    try {
      return test(JSON.parse(body));
    } catch {
      return false;
    }
  };
}

/** As filters see them: numbers as numbers, and a list fits when one of its elements does. */
function attributeValues(attributes: MessageAttributes): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { type, value }]) => {
      if (type.startsWith("Binary")) return [];
      if (type.startsWith("Number")) return [[name, Number(value)]];
      return [[name, type === "String.Array" ? parsedList(value) : value]];
    }),
  );
}

function parsedList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

interface Published {
  readonly id: string;
  readonly time: string;
  readonly region: string;
  readonly topicArn: string;
}

function sentTo(subscription: SubscriptionSpec, message: Message, published: Published): Message {
  if (subscription.endpoint.split(":")[2] === "lambda")
    return { body: JSON.stringify(functionEvent(subscription, message, published)) };
  if (subscription.raw) return message;
  const { groupId, deduplicationId } = message;
  return { body: JSON.stringify(envelope(subscription, message, published)), groupId, deduplicationId };
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html; nothing here is really signed. */
function envelope({ arn }: SubscriptionSpec, message: Message, published: Published) {
  const { subject, attributes, body } = message;
  return {
    Type: "Notification",
    MessageId: published.id,
    TopicArn: published.topicArn,
    ...(subject !== undefined && { Subject: subject }),
    Message: body,
    Timestamp: published.time,
    SignatureVersion: "1",
    Signature: "local-run",
    SigningCertURL: `https://sns.${published.region}.amazonaws.com/local-run.pem`,
    UnsubscribeURL: `https://sns.${published.region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${arn}`,
    ...(attributes && { MessageAttributes: written(attributes) }),
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
function functionEvent(subscription: SubscriptionSpec, message: Message, published: Published) {
  const { SigningCertURL, UnsubscribeURL, ...same } = envelope(subscription, message, published);
  return {
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscription.arn,
        Sns: {
          ...same,
          Subject: message.subject ?? null,
          SigningCertUrl: SigningCertURL,
          UnsubscribeUrl: UnsubscribeURL,
          MessageAttributes: written(message.attributes ?? {}),
        },
      },
    ],
  };
}

function written(attributes: MessageAttributes) {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [name, { Type: type, Value: value }]),
  );
}
