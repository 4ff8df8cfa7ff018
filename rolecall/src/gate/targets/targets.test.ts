import { describe, expect, it } from "vitest";
import { testPrincipal } from "../../run/testing/gate.ts";
import { testTargets } from "./fixtures.ts";

const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:123456789012:${name}`;
const message = { body: "{}" };
const service = { service: "s3.amazonaws.com", sourceArn: "arn:aws:s3:::photos" };

describe("what a service sends to", () => {
  it.each([
    ["lambda:InvokeFunction", arn("lambda", "function:index"), "AWS::Lambda::Permission"],
    ["sqs:SendMessage", arn("sqs", "uploads"), "AWS::SQS::QueuePolicy"],
    ["sns:Publish", arn("sns", "uploads"), "AWS::SNS::TopicPolicy"],
    ["events:PutEvents", arn("events", "event-bus/orders"), "AWS::Events::EventBusPolicy"],
  ])(
    "takes it when its policy allows %s from the source, and else says what it needs",
    (action, target, policy) => {
      const targets = testTargets([target]);

      expect(targets.send(service, target, message)).toBeUndefined();
      expect(targets.got).toEqual([{ arn: target, message, senderId: "s3.amazonaws.com" }]);
      expect(targets.gate.asked).toEqual([
        {
          who: "s3.amazonaws.com",
          action,
          resource: target,
          context: { "aws:SourceArn": "arn:aws:s3:::photos", "aws:SourceAccount": "123456789012" },
        },
      ]);

      targets.gate.denies = () => true;
      expect(targets.send(service, target, message)).toContain(policy);
      expect(targets.got).toHaveLength(1);
    },
  );

  it("is asked of the role where a service sends with a role", () => {
    const target = arn("sqs", "failures");
    const targets = testTargets([target]);
    const sender = { principal: testPrincipal("resize") };

    expect(targets.send(sender, target, message)).toBeUndefined();
    targets.gate.denies = ({ who }) => who === "resize";
    expect(targets.send(sender, target, message)).toBe(
      `the role of resize needs sqs:SendMessage on ${target}`,
    );
    expect(targets.got).toHaveLength(1);
  });

  it("may be a version or an alias of a function", () => {
    const target = arn("lambda", "function:index");
    const targets = testTargets([target]);

    expect(targets.send(service, `${target}:live`, message)).toBeUndefined();
    expect(targets.gate.asked).toMatchObject([{ resource: `${target}:live` }]);
  });

  it("says so where it is not in the stack, or nothing that anything is sent to", () => {
    const targets = testTargets([]);

    expect(targets.send(service, arn("sqs", "elsewhere"), message)).toContain("is not in the stack");
    expect(targets.send(service, arn("states", "stateMachine:flow"), message)).toContain("sends nothing to");
  });
});
