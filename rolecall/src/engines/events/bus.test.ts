import { describe, expect, it } from "vitest";
import { testTargets } from "../../gate/targets/fixtures.ts";
import type { Asked } from "../../run/testing/gate.ts";
import { createEvents, defaultBusArn, type RuleSpec } from "./bus.ts";

const place = { accountId: "123456789012", region: "us-east-1", partition: "aws" };
const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:report";
const queueArn = "arn:aws:sqs:us-east-1:123456789012:orders.fifo";
const topicArn = "arn:aws:sns:us-east-1:123456789012:orders";
const deadArn = "arn:aws:sqs:us-east-1:123456789012:dead";
const rule: RuleSpec = {
  name: "jobs",
  arn: "arn:aws:events:us-east-1:123456789012:rule/jobs",
  busArn: defaultBusArn(place),
  pattern: { source: ["aws.transcribe"], detail: { name: [{ prefix: "ours_" }] } },
  targets: [{ arn: functionArn }],
};

function busWith(denies?: (asked: Asked) => boolean, change: Partial<RuleSpec> = {}) {
  const lines: string[] = [];
  const targets = testTargets([functionArn, queueArn, topicArn, deadArn], denies);
  const { put, tick } = createEvents({
    ...place,
    rules: [{ ...rule, ...change }],
    targets,
    clock: () => new Date("2026-11-24T12:00:00.500Z"),
    log: (line) => lines.push(line),
  });
  return { put, tick, targets, gate: targets.gate, lines };
}

const bodies = ({ got }: ReturnType<typeof testTargets>) =>
  got.map(({ message }) => JSON.parse(message.body));

const event = { source: "aws.transcribe", detailType: "Job Change", detail: { name: "ours_1" } };

describe("the event bus", () => {
  it("invokes the function of a rule that fits, with the whole envelope", () => {
    const { put, gate, targets } = busWith();

    put(event);

    expect(bodies(targets)).toEqual([
      {
        version: "0",
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        "detail-type": "Job Change",
        source: "aws.transcribe",
        account: "123456789012",
        time: "2026-11-24T12:00:00Z",
        region: "us-east-1",
        resources: [],
        detail: { name: "ours_1" },
      },
    ]);
    expect(gate.asked).toMatchObject([
      {
        who: "events.amazonaws.com",
        action: "lambda:InvokeFunction",
        resource: functionArn,
        context: { "aws:SourceArn": rule.arn, "aws:SourceAccount": "123456789012" },
      },
    ]);
  });

  it("asks and invokes nothing for an event that no rule fits, such as another stage's job", () => {
    const { put, gate, targets } = busWith();

    put({ ...event, detail: { name: "theirs_1" } });

    expect(targets.got).toEqual([]);
    expect(gate.asked).toEqual([]);
  });

  it("loses the event, and says why, when the function's policy does not let the rule invoke", () => {
    const { put, targets, lines } = busWith(() => true);

    put(event);

    expect(targets.got).toEqual([]);
    expect(lines).toEqual([expect.stringContaining(`the rule jobs may not invoke ${functionArn}`)]);
  });

  it("loses an event that its target does not take, and says why", () => {
    const { put, lines, targets } = busWith();
    targets.add(functionArn, () => {
      throw new Error("too large");
    });

    put(event);

    expect(lines).toEqual([expect.stringContaining("too large")]);
  });

  it.each([
    ["sqs:SendMessage", queueArn],
    ["sns:Publish", topicArn],
  ])("needs %s of its other targets' policies", (action, arn) => {
    const { put, gate, targets } = busWith(undefined, { targets: [{ arn, groupId: "one" }] });

    put(event);
    gate.denies = () => true;
    put(event);

    const question = {
      who: "events.amazonaws.com",
      action,
      resource: arn,
      context: { "aws:SourceArn": rule.arn },
    };
    expect(gate.asked).toMatchObject([question, question]);
    expect(targets.got).toMatchObject([{ arn, message: { groupId: "one" } }]);
  });

  it("sends what a target may not have to its dead-letter queue, with the reason", () => {
    const { put, targets } = busWith(({ resource }) => resource === functionArn, {
      targets: [{ arn: functionArn, deadLetterArn: deadArn }],
    });

    put(event);

    expect(targets.got).toMatchObject([
      { arn: deadArn, message: { attributes: { ERROR_CODE: { value: "NO_PERMISSIONS" } } } },
    ]);
  });

  it("takes an event to the rules of its own bus only", () => {
    const busArn = "arn:aws:events:us-east-1:123456789012:event-bus/orders";
    const { put, targets } = busWith(undefined, { busArn });

    put(event);
    expect(targets.got).toEqual([]);
    put(event, busArn);
    expect(targets.got).toHaveLength(1);
  });

  it("sets off a rule that has a schedule with an event that names it", () => {
    const { tick, targets } = busWith();

    tick(rule.arn);

    expect(bodies(targets)).toMatchObject([
      { source: "aws.events", "detail-type": "Scheduled Event", resources: [rule.arn], detail: {} },
    ]);
    expect(() => tick("nothing")).toThrow("There is no rule nothing");
  });

  it.each([
    [{ constant: '{"a":1}' }, { a: 1 }],
    [{ path: "$.detail.name" }, "ours_1"],
    [
      {
        paths: { name: "$.detail.name", all: "$.detail", none: "$.nothing" },
        template:
          '{"who": "a <name>", "name": <name>, "all": <all>, "none": <none>, "rule": <aws.events.rule-name>}',
      },
      { who: "a ours_1", name: "ours_1", all: { name: "ours_1" }, none: null, rule: "jobs" },
    ],
    [{ paths: { name: "$.detail.name" }, template: '"job <name> is over"' }, "job ours_1 is over"],
  ])("gives the target what its input says: %j", (input, expected) => {
    const { put, targets } = busWith(undefined, { targets: [{ arn: functionArn, input }] });

    put(event);

    expect(bodies(targets)).toEqual([expected]);
  });
});
