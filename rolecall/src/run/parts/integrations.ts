import * as v from "valibot";
import type { LambdaAuthorizer } from "../../lambda/http/lambda-authorizer.ts";

/**
 * A list of texts that is never dropped: what is no text stays, and fits nothing, so that a decision by it is closed.
 */
export const texts = v.optional(
  v.pipe(
    v.unknown(),
    v.transform((value) =>
      (value === undefined ? [] : [value].flat()).map((item) =>
        typeof item === "string" ? item : JSON.stringify(item),
      ),
    ),
  ),
  [],
);

/**
 * The function that an integration or an authorizer invokes: its ARN, or `…:lambda:path/…/functions/ARN/invocations`.
 *
 * @returns undefined for anything else
 */
export function functionOf(uri: string | undefined): string | undefined {
  const arn = /\/functions\/(.+)\/invocations$/.exec(uri ?? "")?.[1] ?? uri ?? "";
  return /^arn:[^:]+:lambda:[^:]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/.test(arn) ? arn : undefined;
}

/** What a Lambda authorizer of either kind of API is made of; its times are seconds. */
export interface AuthorizerParts extends Omit<LambdaAuthorizer, "functionArn"> {
  readonly uri: string | undefined;
  readonly credentials: string | undefined;
}

/** @returns what of it is not imitated, in words, where something is not */
export function lambdaAuthorizer({ uri, credentials, ...rest }: AuthorizerParts): LambdaAuthorizer | string {
  if (credentials !== undefined) return "an authorizer that is invoked with a role of its own";
  const functionArn = functionOf(uri);
  return functionArn === undefined
    ? "an authorizer that is no function of the account"
    : { ...rest, functionArn };
}
