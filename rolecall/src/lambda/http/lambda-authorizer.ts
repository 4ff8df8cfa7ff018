import * as v from "valibot";
import { parsePolicy } from "../../iam/policy.ts";
import type { Decision } from "../../iam/types.ts";
import { type Backend, invokeFromApi } from "./backend.ts";

export interface LambdaAuthorizer {
  readonly id: string;
  readonly functionArn: string;
  /** TOKEN exists at REST APIs alone. */
  readonly type: "TOKEN" | "REQUEST";
  readonly identitySources: readonly string[];
  /** What a token has to look like before the function is asked; TOKEN alone. */
  readonly validation?: RegExp | undefined;
  /** Seconds that an answer is kept for the same values of the identity sources; 0 keeps none. */
  readonly ttl: number;
  /** Whether it answers `{ isAuthorized }` instead of a policy: HTTP APIs alone. */
  readonly simpleResponses: boolean;
  readonly payloadFormat: "1.0" | "2.0";
}

/** What an authorizer function said of a call. */
export type Verdict =
  | {
      readonly outcome: "allowed";
      readonly principalId: string | undefined;
      readonly context: Readonly<Record<string, unknown>>;
    }
  /** `decision` is IAM's on the policy; absent after a simple response. */
  | { readonly outcome: "denied"; readonly decision?: Exclude<Decision, { outcome: "allowed" }> }
  /** The function said so by failing with the error "Unauthorized": REST APIs alone. */
  | { readonly outcome: "unauthorized" }
  | { readonly outcome: "failed" };

type Answer =
  | { readonly type: "failed" }
  | { readonly type: "unauthorized" }
  | {
      readonly type: "simple";
      readonly isAuthorized: boolean;
      readonly context: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: "policy";
      readonly principalId: string;
      readonly policy: ReturnType<typeof parsePolicy>;
      readonly context: Readonly<Record<string, unknown>>;
    };

const context = v.optional(v.nullable(v.record(v.string(), v.unknown())));
const simpleSchema = v.looseObject({ isAuthorized: v.boolean(), context });
const policySchema = v.looseObject({
  principalId: v.pipe(v.string(), v.nonEmpty()),
  policyDocument: v.unknown(),
  context,
});

/**
 * Asks a Lambda authorizer, and IAM about the policy that it answers with.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 *
 * @returns Asks about one call: `values` of the identity sources, the authorizer's `event`, and the ARN of the method.
 */
export function createLambdaAuthorizer(authorizer: LambdaAuthorizer, apiArn: string, backend: Backend) {
  const { gate, accountId, log } = backend;
  const { id, functionArn, ttl } = authorizer;
  /** An answer holds for every method that is called with the same values, as on AWS. */
  const kept = new Map<string, { readonly answer: Answer; readonly until: number }>();

  async function ask(event: unknown): Promise<Answer> {
    const outcome = await invokeFromApi(backend, functionArn, `${apiArn}/authorizers/${id}`, event);
    if (outcome.failure !== undefined)
      return { type: outcome.message === "Unauthorized" ? "unauthorized" : "failed" };
    try {
      return read(outcome.answer);
    } catch (error) {
      log(
        `api: the authorizer ${functionArn} gave an answer that API Gateway does not take: ${(error as Error).message}`,
      );
      return { type: "failed" };
    }
  }

  function read(answer: unknown): Answer {
    if (authorizer.simpleResponses) {
      const { isAuthorized, context: given } = v.parse(simpleSchema, answer);
      return { type: "simple", isAuthorized, context: given ?? {} };
    }
    const { principalId, policyDocument, context: given } = v.parse(policySchema, answer);
    return {
      type: "policy",
      principalId,
      policy: parsePolicy(policyDocument, "identity-based"),
      context: given ?? {},
    };
  }

  function judge(answer: Answer, methodArn: string, asked: Readonly<Record<string, string>>): Verdict {
    if (answer.type === "failed" || answer.type === "unauthorized") return { outcome: answer.type };
    if (answer.type === "simple") {
      if (!answer.isAuthorized) return { outcome: "denied" };
      return { outcome: "allowed", principalId: undefined, context: answer.context };
    }
    const { principalId, policy } = answer;
    const decision = gate.authorize(
      {
        name: `${id}:${principalId}`,
        caller: { type: "principal", arn: principalId, principalArn: principalId, accountId },
        policies: [{ name: `the answer of ${functionArn.split(":").at(-1)}`, document: policy }],
      },
      { action: "execute-api:Invoke", resource: methodArn, context: asked },
    );
    if (decision.outcome !== "allowed") return { outcome: "denied", decision };
    return { outcome: "allowed", principalId, context: answer.context };
  }

  return async (
    values: readonly string[],
    event: unknown,
    methodArn: string,
    asked: Readonly<Record<string, string>>,
  ): Promise<Verdict> => {
    const key = JSON.stringify(values);
    const known = kept.get(key);
    if (ttl > 0 && values.length > 0 && known !== undefined && known.until > Date.now())
      return judge(known.answer, methodArn, asked);
    const answer = await ask(event);
    const isAnswer = answer.type === "policy" || answer.type === "simple";
    if (ttl > 0 && values.length > 0 && isAnswer) kept.set(key, { answer, until: Date.now() + ttl * 1000 });
    return judge(answer, methodArn, asked);
  };
}
