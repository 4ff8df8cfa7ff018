import { describe, expect, it } from "vitest";
import { testTargets } from "../gate/targets/fixtures.ts";
import { type Asked, testPrincipal } from "../run/testing/gate.ts";
import { checkDestinations, createDestinations, type Destinations } from "./destinations.ts";
import type { AsyncEnd, FunctionSpec } from "./types.ts";

const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:123456789012:${name}`;
const functionArn = arn("lambda", "function:resize");
const queueArn = arn("sqs", "failures");
const topicArn = arn("sns", "failures");
const busArn = arn("events", "event-bus/default");
const spec = { key: "resize", arn: functionArn, principal: testPrincipal("resize") } as FunctionSpec;

const failure: AsyncEnd = {
  requestId: "1",
  payload: '{"a":1}',
  condition: "RetriesExhausted",
  invokeCount: 3,
  result: { functionError: "Unhandled", payload: { errorType: "Error", errorMessage: "no" } },
};
const success: AsyncEnd = { ...failure, condition: "Success", invokeCount: 1, result: { payload: "done" } };

function sentFor(destinations: Destinations, end: AsyncEnd, denies?: (asked: Asked) => boolean) {
  const lines: string[] = [];
  const targets = testTargets([queueArn, topicArn, busArn, functionArn], denies);
  const clock = () => new Date("2026-11-24T12:00:00Z");
  createDestinations({ targets, log: (line) => lines.push(line), clock })(spec, destinations, end);
  return { targets, lines, got: targets.got.map((one) => ({ ...one, body: JSON.parse(one.message.body) })) };
}

describe("the destinations of asynchronous events", () => {
  it("get the record of a failure, if the execution role lets Lambda send it", () => {
    const { targets, got } = sentFor({ onFailure: queueArn }, failure);

    expect(got).toMatchObject([
      {
        arn: queueArn,
        body: {
          version: "1.0",
          timestamp: "2026-11-24T12:00:00.000Z",
          requestContext: {
            requestId: "1",
            functionArn: `${functionArn}:$LATEST`,
            condition: "RetriesExhausted",
            approximateInvokeCount: 3,
          },
          requestPayload: { a: 1 },
          responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
          responsePayload: { errorType: "Error", errorMessage: "no" },
        },
      },
    ]);
    expect(targets.gate.asked).toEqual([
      { who: "resize", action: "sqs:SendMessage", resource: queueArn, context: {} },
    ]);
  });

  it("get nothing that the role does not allow, and the log says what it needs", () => {
    const { got, lines } = sentFor({ onFailure: queueArn }, failure, () => true);

    expect(got).toEqual([]);
    expect(lines).toEqual([expect.stringContaining("the role of resize needs sqs:SendMessage")]);
  });

  it("of success and of failure are apart", () => {
    expect(sentFor({ onSuccess: queueArn }, failure).got).toEqual([]);
    expect(sentFor({ onFailure: queueArn }, success).got).toEqual([]);
    expect(sentFor({ onSuccess: queueArn }, success).got).toMatchObject([
      { body: { responsePayload: "done" } },
    ]);
  });

  it("may be a bus, which gets an event", () => {
    expect(sentFor({ onFailure: busArn }, failure).got).toMatchObject([
      {
        body: {
          source: "lambda",
          detailType: "Lambda Function Invocation Result - Failure",
          resources: [busArn, `${functionArn}:$LATEST`],
          detail: { requestPayload: { a: 1 } },
        },
      },
    ]);
  });

  it("leave a dead-letter queue the event itself, with the error beside it", () => {
    expect(sentFor({ deadLetterArn: topicArn, onFailure: queueArn }, failure).got).toMatchObject([
      { arn: queueArn },
      { arn: topicArn, body: { a: 1 }, message: { attributes: { ErrorMessage: { value: "no" } } } },
    ]);
  });

  it.each([
    [
      { deadLetterArn: queueArn },
      "The provided execution role does not have permissions to call SendMessage on SQS",
    ],
    [
      { deadLetterArn: topicArn },
      "The provided execution role does not have permissions to call Publish on SNS",
    ],
    [{ onFailure: topicArn }, `does not have permissions to call Publish on ${topicArn}`],
    [{ onSuccess: functionArn }, `does not have permissions to call InvokeFunction on ${functionArn}`],
  ])("are refused when they are set up where the role may not send there: %j", (destinations, words) => {
    expect(() =>
      checkDestinations(
        spec,
        destinations,
        testTargets([], () => true),
      ),
    ).toThrow(words);
    expect(() => checkDestinations(spec, destinations, testTargets([]))).not.toThrow();
  });
});
