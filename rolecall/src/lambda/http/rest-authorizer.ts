import { refusedSignature } from "../../gate/endpoint/faults.ts";
import type { Question } from "../../gate/types.ts";
import { denialMessage } from "../../iam/denial.ts";
import type { Decision } from "../../iam/types.ts";
import { authorizeAnonymous } from "./anonymous.ts";
import type { Backend } from "./backend.ts";
import { type EventV1Options, requestV1 } from "./event-v1.ts";
import type { GatewayResponseType } from "./gateway-responses.ts";
import { identityValues } from "./identity-source.ts";
import { claimTexts, hasScope, type KeyFinder, TokenError, verifyToken } from "./jwt.ts";
import { createLambdaAuthorizer, type LambdaAuthorizer } from "./lambda-authorizer.ts";
import { iamIdentity, type SignerCheck } from "./signature.ts";

export type RestAuthorizer =
  | { readonly type: "NONE" }
  | { readonly type: "AWS_IAM" }
  | {
      readonly type: "COGNITO_USER_POOLS";
      /** What the pools' tokens name as their issuer. */
      readonly issuers: readonly string[];
      readonly identitySource: string;
      readonly scopes: readonly string[];
    }
  | { readonly type: "CUSTOM"; readonly lambda: LambdaAuthorizer };

/** Let through, with what the event tells of it; or the gateway response that refuses. */
export type RestAdmission =
  | {
      readonly authorizer?: Readonly<Record<string, unknown>>;
      readonly identity?: Readonly<Record<string, unknown>>;
      readonly refusal?: never;
    }
  | { readonly refusal: RestRefusal };

export interface RestRefusal {
  readonly type: GatewayResponseType;
  readonly message: string | null;
  readonly errorType?: string;
  /** In place of `{ message }`. */
  readonly body?: unknown;
}

export interface RestAuthorizerOptions extends Backend {
  readonly apiArn: string;
  /** Whether the API has a resource policy, which then has to let in whoever does not sign. */
  readonly hasPolicy: boolean;
  readonly verify: SignerCheck;
  readonly keyOf: KeyFinder;
}

/** A call that has found its method. */
export type RestCall = EventV1Options & { /** Of execute-api:Invoke. */ readonly methodArn: string };

type Denial = Exclude<Decision, { outcome: "allowed" }>;

const unauthorized: RestAdmission = {
  refusal: { type: "UNAUTHORIZED", message: "Unauthorized", errorType: "UnauthorizedException" },
};

/**
 * Decides who may call a method of a REST API: the authorizer and the API's resource policy together.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export function createRestAuthorizer(
  authorizer: RestAuthorizer,
  options: RestAuthorizerOptions,
): (call: RestCall) => Promise<RestAdmission> | RestAdmission {
  switch (authorizer.type) {
    case "NONE":
      return (call) => admitAnyone(call, options);
    case "AWS_IAM":
      return (call) => admitSigner(call, options);
    case "COGNITO_USER_POOLS":
      return (call) => admitToken(call, authorizer, options);
    case "CUSTOM":
      return customAuthorizer(authorizer.lambda, options);
  }
}

const question = ({ methodArn, sourceIp }: RestCall): Question => ({
  action: "execute-api:Invoke",
  resource: methodArn,
  context: { "aws:SourceIp": sourceIp },
});

/** Without a policy an open method is open; with one, the policy has to allow. */
function admitAnyone(call: RestCall, { gate, hasPolicy, accountId }: RestAuthorizerOptions): RestAdmission {
  if (!hasPolicy) return {};
  const decision = authorizeAnonymous(gate, question(call));
  return decision.outcome === "allowed" ? {} : denied("anonymous", call.methodArn, decision, accountId);
}

function admitSigner(call: RestCall, { gate, verify, accountId }: RestAuthorizerOptions): RestAdmission {
  const { principal, refusal } = verify(call.request);
  if (refusal !== undefined) {
    const { message, jsonType } = refusedSignature(refusal);
    const type =
      refusal.reason === "anonymous"
        ? "MISSING_AUTHENTICATION_TOKEN"
        : refusal.reason === "session expired"
          ? "EXPIRED_TOKEN"
          : "INVALID_SIGNATURE";
    return { refusal: { type, message, errorType: jsonType } };
  }
  const decision = gate.authorize(principal, question(call));
  if (decision.outcome !== "allowed")
    return denied(principal.caller.arn, call.methodArn, decision, accountId);
  const { id, ...identity } = iamIdentity(principal, call.request);
  return { identity: { ...identity, caller: id, user: id } };
}

/** API Gateway hides most of the account's number, and calls the field `Message`. */
function denied(who: string, methodArn: string, decision: Denial, accountId: string): RestAdmission {
  const resource = methodArn.replace(`:${accountId}:`, `:********${accountId.slice(-4)}:`);
  const caller = { type: "principal", arn: who, principalArn: who, accountId } as const;
  const message = denialMessage({ caller, action: "execute-api:Invoke", resource }, decision, {
    quoteResource: false,
  });
  return {
    refusal: {
      type: "ACCESS_DENIED",
      message,
      errorType: "AccessDeniedException",
      body: { Message: message },
    },
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html */
function admitToken(
  call: RestCall,
  { issuers, identitySource, scopes }: Extract<RestAuthorizer, { type: "COGNITO_USER_POOLS" }>,
  options: RestAuthorizerOptions,
): RestAdmission {
  const { request, stageVariables = {}, time } = call;
  const [value] = identityValues([identitySource], { request, stageVariables, context: {} }) ?? [];
  if (value === undefined) return unauthorized;
  const token = value.replace(/^Bearer\s+/i, "");
  for (const [index, issuer] of issuers.entries()) {
    try {
      const claims = verifyToken(token, { keyOf: options.keyOf, issuer, audience: [], now: time });
      // An identity token where no scope is asked for, else an access token that has one.
      if (claims.token_use !== (scopes.length > 0 ? "access" : "id") || !hasScope(claims, scopes)) {
        options.log(
          `rest-api: ${call.resource} is refused: its token has not the token_use or the scope that is asked for`,
        );
        return unauthorized;
      }
      const admission = admitAnyone(call, options);
      return admission.refusal ? admission : { authorizer: { claims: claimTexts(claims) } };
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      if (index === issuers.length - 1)
        options.log(`rest-api: ${call.resource} is refused: ${error.message}`);
    }
  }
  return unauthorized;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html */
function customAuthorizer(lambda: LambdaAuthorizer, options: RestAuthorizerOptions) {
  const ask = createLambdaAuthorizer(lambda, options.apiArn, options);
  return async (call: RestCall): Promise<RestAdmission> => {
    const { request, stageVariables = {}, methodArn, sourceIp } = call;
    const context = { path: call.path, httpMethod: request.method, stage: call.stage };
    const values = identityValues(lambda.identitySources, { request, stageVariables, context });
    if (values === undefined) return unauthorized;
    const [token = ""] = values;
    if (lambda.type === "TOKEN" && lambda.validation && !lambda.validation.test(token)) return unauthorized;
    const event =
      lambda.type === "TOKEN"
        ? { type: "TOKEN", methodArn, authorizationToken: token }
        : { type: "REQUEST", methodArn, ...requestV1(call) };
    const verdict = await ask(values, event, methodArn, { "aws:SourceIp": sourceIp });
    switch (verdict.outcome) {
      case "allowed": {
        const told = Object.entries(verdict.context);
        // A context of lists or objects is one that API Gateway does not take.
        if (told.some(([, value]) => typeof value === "object" && value !== null)) return brokenAuthorizer;
        const texts = told.map(([name, value]) => [name, String(value)] as const);
        return { authorizer: { ...Object.fromEntries(texts), principalId: verdict.principalId } };
      }
      case "denied": {
        const isExplicit = verdict.decision?.outcome === "explicitly denied";
        const message = `User is not authorized to access this resource${isExplicit ? " with an explicit deny" : ""}`;
        return {
          refusal: {
            type: "ACCESS_DENIED",
            message,
            errorType: "AccessDeniedException",
            body: { Message: message },
          },
        };
      }
      case "unauthorized":
        return unauthorized;
      default:
        return brokenAuthorizer;
    }
  };
}

const brokenAuthorizer: RestAdmission = {
  refusal: {
    type: "AUTHORIZER_CONFIGURATION_ERROR",
    message: null,
    errorType: "AuthorizerConfigurationException",
  },
};
