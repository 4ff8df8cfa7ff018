import type { Gate, Log } from "../../gate/types.ts";
import { type Lambda, LambdaServiceError } from "../types.ts";

/** What every API stands on. */
export interface Backend {
  readonly lambda: Pick<Lambda, "invoke">;
  readonly gate: Gate;
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  readonly log: Log;
}

/** What came of an invocation; an API says each in its own words. */
export type Outcome =
  | { readonly answer: unknown; readonly failure?: never }
  | {
      readonly failure: "not allowed" | "function error" | "throttled" | "too large" | "refused";
      /** Of the error that the function failed with. */
      readonly message?: string;
    };

/**
 * Invokes a function as API Gateway does, if the function's policy lets it.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html#apigateway-permissions
 *
 * @param sourceArn of the method, route or authorizer that asks
 */
export async function invokeFromApi(
  { gate, lambda, accountId, log }: Backend,
  functionArn: string,
  sourceArn: string,
  event: unknown,
): Promise<Outcome> {
  const decision = gate.authorizeService("apigateway.amazonaws.com", {
    action: "lambda:InvokeFunction",
    resource: functionArn,
    context: { "aws:SourceArn": sourceArn, "aws:SourceAccount": accountId },
  });
  if (decision.outcome !== "allowed") {
    log(
      `api: ${sourceArn} may not invoke ${functionArn}: add an AWS::Lambda::Permission for apigateway.amazonaws.com`,
    );
    return { failure: "not allowed" };
  }
  return invoke({ lambda, log }, functionArn, event);
}

export async function invoke(
  { lambda, log }: Pick<Backend, "lambda" | "log">,
  functionArn: string,
  event: unknown,
): Promise<Outcome> {
  try {
    const result = await lambda.invoke(functionArn, event);
    if (result.functionError === undefined) return { answer: result.payload };
    log(`api: ${functionArn} failed: ${result.payload.errorMessage}`);
    return { failure: "function error", message: result.payload.errorMessage };
  } catch (error) {
    log(`api: ${functionArn}: ${error}`);
    if (!(error instanceof LambdaServiceError)) return { failure: "refused" };
    if (error.code === "RequestTooLargeException") return { failure: "too large" };
    return { failure: error.code === "TooManyRequestsException" ? "throttled" : "refused" };
  }
}
