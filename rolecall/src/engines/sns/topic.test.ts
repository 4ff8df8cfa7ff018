import { describe, expect, it } from "vitest";
import { testTargets } from "../../gate/targets/fixtures.ts";
import type { Asked } from "../../run/testing/gate.ts";
import { createTopic, type SubscriptionSpec } from "./topic.ts";

const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:123456789012:${name}`;
const topicArn = arn("sns", "orders");
const functionArn = arn("lambda", "function:bill");
const queueArn = arn("sqs", "parcels");
const deadArn = arn("sqs", "lost");

function topicWith(change: Partial<SubscriptionSpec> = {}, denies?: (asked: Asked) => boolean) {
  const lines: string[] = [];
  const targets = testTargets([functionArn, queueArn, deadArn], denies);
  const subscription = { arn: `${topicArn}:1`, endpoint: queueArn, raw: false, ...change };
  const publish = createTopic(
    { name: "orders", arn: topicArn, subscriptions: [subscription] },
    {
      targets,
      region: "us-east-1",
      log: (line) => lines.push(line),
      clock: () => new Date("2026-11-24T12:00:00.500Z"),
    },
  );
  return { publish, targets, lines };
}

const attributes = { kind: { type: "String", value: "book" } };

describe("a topic", () => {
  it("delivers to a queue in an envelope, as the queue's policy lets Amazon SNS", () => {
    const { publish, targets } = topicWith();

    publish({ body: "one", subject: "An order", attributes });

    expect(JSON.parse(targets.got[0]?.message.body ?? "")).toMatchObject({
      Type: "Notification",
      TopicArn: topicArn,
      Subject: "An order",
      Message: "one",
      Timestamp: "2026-11-24T12:00:00.500Z",
      MessageAttributes: { kind: { Type: "String", Value: "book" } },
    });
    expect(targets.gate.asked).toMatchObject([
      {
        who: "sns.amazonaws.com",
        action: "sqs:SendMessage",
        resource: queueArn,
        context: { "aws:SourceArn": topicArn },
      },
    ]);
  });

  it("delivers the message alone where the subscription says raw", () => {
    const { publish, targets } = topicWith({ raw: true });

    publish({ body: "one", attributes });

    expect(targets.got).toMatchObject([{ message: { body: "one", attributes } }]);
  });

  it("invokes a function with a record", () => {
    const { publish, targets } = topicWith({ endpoint: functionArn });

    publish({ body: "one" });

    expect(targets.gate.asked).toMatchObject([{ action: "lambda:InvokeFunction", resource: functionArn }]);
    expect(JSON.parse(targets.got[0]?.message.body ?? "")).toMatchObject({
      Records: [
        {
          EventSource: "aws:sns",
          EventVersion: "1.0",
          EventSubscriptionArn: `${topicArn}:1`,
          Sns: { Type: "Notification", Subject: null, Message: "one", MessageAttributes: {} },
        },
      ],
    });
  });

  it("loses what the endpoint's policy does not allow, and says what it needs", () => {
    const { publish, targets, lines } = topicWith({}, () => true);

    publish({ body: "one" });

    expect(targets.got).toEqual([]);
    expect(lines).toEqual([expect.stringContaining("AWS::SQS::QueuePolicy that allows sns.amazonaws.com")]);
  });

  it("sends to the subscription's dead-letter queue what it may not deliver, if that queue's policy allows it", () => {
    const { publish, targets, lines } = topicWith(
      { deadLetterArn: deadArn },
      ({ resource }) => resource === queueArn,
    );

    publish({ body: "one" });

    expect(targets.got).toMatchObject([{ arn: deadArn }]);
    targets.gate.denies = () => true;
    publish({ body: "two" });
    expect(targets.got).toHaveLength(1);
    expect(lines).toHaveLength(3);
  });

  it.each([
    [{ kind: ["book"] }, true],
    [{ kind: ["film"] }, false],
    [{ kind: [{ prefix: "bo" }] }, true],
    [{ kind: [{ "anything-but": ["book"] }] }, false],
    [{ weight: [{ numeric: [">", 2, "<=", 3] }] }, true],
    [{ tags: ["new"] }, true],
    [{ tags: ["old"] }, false],
    [{ absent: [{ exists: false }] }, true],
    [{ kind: ["book"], absent: [{ exists: true }] }, false],
    [{ $or: [{ kind: ["film"] }, { tags: ["new"] }] }, true],
  ])("delivers to those whose filter of attributes fits: %j %s", (policy, fits) => {
    const { publish, targets } = topicWith({ filter: { policy, scope: "MessageAttributes" } });

    publish({
      body: "one",
      attributes: {
        ...attributes,
        weight: { type: "Number", value: "3" },
        tags: { type: "String.Array", value: '["new","cheap"]' },
      },
    });

    expect(targets.got).toHaveLength(fits ? 1 : 0);
  });

  it("looks into a body that is JSON where the filter is of the body", () => {
    const { publish, targets } = topicWith({
      filter: { policy: { order: { kind: ["book"] } }, scope: "MessageBody" },
    });

    for (const body of ['{"order":{"kind":"book"}}', '{"order":{"kind":"film"}}', "no JSON"])
      publish({ body });

    expect(targets.got).toHaveLength(1);
  });

  it("refuses a filter that it does not understand, as Amazon SNS does at a deployment", () => {
    const policy = { kind: [{ resembles: "book" }] };

    expect(() => topicWith({ filter: { policy, scope: "MessageAttributes" } })).toThrow(
      "orders: Invalid parameter: FilterPolicy",
    );
  });
});
