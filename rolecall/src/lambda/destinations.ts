import { sendingAction, type Targets } from "../gate/targets/targets.ts";
import type { Log } from "../gate/types.ts";
import type { AsyncEnd, FunctionSpec } from "./types.ts";

/** Where the records of a function's asynchronous events go, each by its ARN. */
export interface Destinations {
  readonly onSuccess?: string;
  readonly onFailure?: string;
  /** Gets the event itself. */
  readonly deadLetterArn?: string;
}

export interface DestinationsOptions {
  readonly targets: Targets;
  readonly log: Log;
  readonly clock?: () => Date;
}

/**
 * Refuses what Lambda refuses when a function or its destinations are set up: its role has to be allowed to send there.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 *
 * @throws Error in Lambda's words.
 */
export function checkDestinations(
  { key, principal }: FunctionSpec,
  { onSuccess, onFailure, deadLetterArn }: Destinations,
  targets: Targets,
): void {
  const lacks = (arn: string | undefined): arn is string =>
    arn !== undefined && !targets.mayBeAllowed({ principal }, arn);
  if (lacks(deadLetterArn)) {
    const service = deadLetterArn.split(":")[2] === "sns" ? "SNS" : "SQS";
    throw new Error(
      `${key}: The provided execution role does not have permissions to call ${apiName(deadLetterArn)} on ${service}`,
    );
  }
  for (const arn of [onSuccess, onFailure]) {
    if (lacks(arn))
      throw new Error(
        `${key}: The function's execution role does not have permissions to call ${apiName(arn)} on ${arn}`,
      );
  }
}

const apiName = (arn: string) => sendingAction(arn)?.replace(/^.*:/, "") ?? "anything";

/** Sends the record of an asynchronous event, as the function's role lets Lambda. */
export function createDestinations({ targets, log, clock = () => new Date() }: DestinationsOptions) {
  return (spec: FunctionSpec, destinations: Destinations, end: AsyncEnd): void => {
    const { key, principal, arn: functionArn } = spec;
    const isSuccess = end.condition === "Success";
    const send = (arn: string, message: Parameters<Targets["send"]>[2]) => {
      const refused = targets.send({ principal }, arn, message);
      if (refused !== undefined)
        log(`lambda: the record of the event ${end.requestId} for ${key} is lost: ${refused}`);
    };
    const destination = isSuccess ? destinations.onSuccess : destinations.onFailure;
    if (destination !== undefined) {
      const record = recordOf(functionArn, end, clock());
      const isBus = destination.split(":")[2] === "events";
      const body = isBus ? busEvent(functionArn, destination, record, isSuccess) : record;
      send(destination, { body: JSON.stringify(body) });
    }
    if (!isSuccess && destinations.deadLetterArn !== undefined)
      send(destinations.deadLetterArn, deadLetter(end));
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function recordOf(
  functionArn: string,
  { requestId, payload, condition, invokeCount, result }: AsyncEnd,
  time: Date,
) {
  return {
    version: "1.0",
    timestamp: time.toISOString(),
    requestContext: {
      requestId,
      functionArn: `${functionArn}:$LATEST`,
      condition,
      approximateInvokeCount: invokeCount,
    },
    requestPayload: JSON.parse(payload),
    ...(result && {
      responseContext: {
        statusCode: 200,
        executedVersion: "$LATEST",
        ...(result.functionError !== undefined && { functionError: result.functionError }),
      },
      responsePayload: result.payload,
    }),
  };
}

function busEvent(functionArn: string, busArn: string, record: object, isSuccess: boolean) {
  return {
    source: "lambda",
    detailType: `Lambda Function Invocation Result - ${isSuccess ? "Success" : "Failure"}`,
    resources: [busArn, `${functionArn}:$LATEST`],
    detail: record,
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq */
function deadLetter({ requestId, payload, result }: AsyncEnd) {
  const errorMessage = result?.functionError === undefined ? "" : result.payload.errorMessage;
  return {
    body: payload,
    attributes: {
      RequestID: { type: "String", value: requestId },
      ErrorCode: { type: "Number", value: "200" },
      ErrorMessage: { type: "String", value: errorMessage.slice(0, 1024) },
    },
  };
}
