import { describe, expect, it } from "vitest";
import { type Lambda, LambdaServiceError } from "../../lambda/types.ts";
import { type Asked, fakeGate } from "../../run/testing/gate.ts";
import { createEventBus } from "./bus.ts";

const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:report";
const rule = {
  name: "jobs",
  arn: "arn:aws:events:us-east-1:123456789012:rule/jobs",
  pattern: { source: ["aws.transcribe"], detail: { name: [{ prefix: "ours_" }] } },
  targets: [{ functionArn }],
};

function busWith(denies?: (asked: Asked) => boolean, invokeAsync?: Lambda["invokeAsync"]) {
  const invoked: { arn: string; event: unknown }[] = [];
  const lines: string[] = [];
  const gate = fakeGate(denies);
  const lambda: Pick<Lambda, "invokeAsync"> = {
    invokeAsync: invokeAsync ?? ((arn, event) => invoked.push({ arn, event })),
  };
  const put = createEventBus({
    rules: [rule],
    gate,
    lambda: lambda as Lambda,
    accountId: "123456789012",
    region: "us-east-1",
    clock: () => new Date("2026-11-24T12:00:00.500Z"),
    log: (line) => lines.push(line),
  });
  return { put, gate, invoked, lines };
}

const event = { source: "aws.transcribe", detailType: "Job Change", detail: { name: "ours_1" } };

describe("the event bus", () => {
  it("invokes the function of a rule that fits, with the whole envelope", () => {
    const { put, gate, invoked } = busWith();

    put(event);

    expect(invoked).toEqual([
      {
        arn: functionArn,
        event: {
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
    const { put, gate, invoked } = busWith();

    put({ ...event, detail: { name: "theirs_1" } });

    expect(invoked).toEqual([]);
    expect(gate.asked).toEqual([]);
  });

  it("loses the event, and says why, when the function's policy does not let the rule invoke", () => {
    const { put, invoked, lines } = busWith(() => true);

    put(event);

    expect(invoked).toEqual([]);
    expect(lines).toEqual([expect.stringContaining(`the rule jobs may not invoke ${functionArn}`)]);
  });

  it("loses an event that Lambda does not take, and says why", () => {
    const { put, lines } = busWith(undefined, () => {
      throw new LambdaServiceError("RequestTooLargeException", "too large");
    });

    put(event);

    expect(lines).toEqual([expect.stringContaining("too large")]);
  });
});
