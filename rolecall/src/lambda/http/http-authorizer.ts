import type { Backend } from "./backend.ts";
import { requestV1 } from "./event-v1.ts";
import { isTextType, requestV2 } from "./event-v2.ts";
import { identityValues } from "./identity-source.ts";
import { claimTexts, hasScope, type KeyFinder, TokenError, verifyToken } from "./jwt.ts";
import { createLambdaAuthorizer, type LambdaAuthorizer } from "./lambda-authorizer.ts";
import { type HttpResponse, jsonResponse } from "./response.ts";
import type { Arrival } from "./serve.ts";
import { iamIdentity, type SignerCheck } from "./signature.ts";

export type HttpAuthorizer =
  | { readonly type: "NONE" }
  | { readonly type: "AWS_IAM" }
  | {
      readonly type: "JWT";
      readonly issuer: string;
      readonly audience: readonly string[];
      readonly identitySources: readonly string[];
      /** One of which the token has to have; none is asked for when it is empty. */
      readonly scopes: readonly string[];
    }
  | ({ readonly type: "CUSTOM" } & { readonly lambda: LambdaAuthorizer });

/** A call that has found its route. */
export interface ApiCall extends Arrival {
  readonly routeKey: string;
  /** Decoded, without the stage. */
  readonly path: string;
  /** Decoded, with the stage. */
  readonly fullPath: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly accountId: string;
  readonly apiId: string;
  readonly domainName: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>> | undefined;
  /** The resource of execute-api:Invoke. */
  readonly methodArn: string;
  /** What asks to invoke the function: the route. */
  readonly sourceArn: string;
}

/** Let through, with what `requestContext.authorizer` tells of it; or the answer that refuses. */
export type Admission =
  | { readonly found: Readonly<Record<string, unknown>> | undefined }
  | { readonly refusal: HttpResponse };

export interface AuthorizerOptions extends Backend {
  readonly apiArn: string;
  readonly verify: SignerCheck;
  readonly keyOf: KeyFinder;
}

const forbidden: Admission = { refusal: jsonResponse(403, { message: "Forbidden" }) };
const unauthorized: Admission = { refusal: jsonResponse(401, { message: "Unauthorized" }) };
const failed: Admission = { refusal: jsonResponse(500, { message: "Internal Server Error" }) };

/** Decides who may call a route of an HTTP API. */
export function createHttpAuthorizer(
  authorizer: HttpAuthorizer,
  options: AuthorizerOptions,
): (call: ApiCall) => Promise<Admission> | Admission {
  switch (authorizer.type) {
    case "NONE":
      return () => ({ found: undefined });
    case "AWS_IAM":
      return (call) => admitSigner(call, options);
    case "JWT":
      return (call) => admitToken(call, authorizer, options);
    case "CUSTOM":
      return customAuthorizer(authorizer.lambda, options);
  }
}

/** The caller's own right: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html */
function admitSigner(
  { request, methodArn, sourceIp }: ApiCall,
  { gate, verify }: AuthorizerOptions,
): Admission {
  const { principal } = verify(request);
  if (principal === undefined) return forbidden;
  const { outcome } = gate.authorize(principal, {
    action: "execute-api:Invoke",
    resource: methodArn,
    context: { "aws:SourceIp": sourceIp, "aws:SecureTransport": "true" },
  });
  if (outcome !== "allowed") return forbidden;
  const { id, ...identity } = iamIdentity(principal, request);
  return {
    found: { iam: { ...identity, callerId: id, cognitoIdentity: null, principalOrgId: "", userId: id } },
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html */
function admitToken(
  { request, stageVariables = {}, routeKey, time }: ApiCall,
  { issuer, audience, identitySources, scopes }: Extract<HttpAuthorizer, { type: "JWT" }>,
  { keyOf, log }: AuthorizerOptions,
): Admission {
  const [value] = identityValues(identitySources, { request, stageVariables, context: { routeKey } }) ?? [];
  if (value === undefined) return challenge("Bearer");
  try {
    const claims = verifyToken(value.replace(/^Bearer\s+/i, ""), { keyOf, issuer, audience, now: time });
    if (!hasScope(claims, scopes)) {
      log(`http-api: ${routeKey} is refused: the token has none of the scopes ${scopes.join(", ")}`);
      return forbidden;
    }
    return { found: { jwt: { claims: claimTexts(claims), scopes: scopes.length > 0 ? scopes : null } } };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    log(`http-api: ${routeKey} is refused: ${error.message}`);
    return challenge(
      `Bearer error="invalid_token" error_description="${error.message.replaceAll('"', "'")}"`,
    );
  }
}

function challenge(header: string): Admission {
  return { refusal: jsonResponse(401, { message: "Unauthorized" }, { "www-authenticate": header }) };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html */
function customAuthorizer(lambda: LambdaAuthorizer, options: AuthorizerOptions) {
  const ask = createLambdaAuthorizer(lambda, options.apiArn, options);
  return async (call: ApiCall): Promise<Admission> => {
    const { request, stageVariables = {}, routeKey, methodArn, sourceIp } = call;
    const scope = {
      request,
      stageVariables,
      context: { routeKey, path: call.path, httpMethod: request.method },
    };
    const values = identityValues(lambda.identitySources, scope);
    if (values === undefined) return unauthorized;
    const event =
      lambda.payloadFormat === "2.0"
        ? {
            ...requestV2({ ...call, path: call.fullPath }),
            ...{ type: "REQUEST", routeArn: methodArn, identitySource: values.length > 0 ? values : null },
          }
        : {
            ...requestV1({
              ...call,
              ...{ resource: routeKey.replace(/^\S+ /, ""), resourceId: routeKey },
              isBinary: (type) => !isTextType(type),
            }),
            ...{ version: "1.0", type: "REQUEST", methodArn, identitySource: values.join(",") },
          };
    const verdict = await ask(values, event, methodArn, { "aws:SourceIp": sourceIp });
    switch (verdict.outcome) {
      case "allowed":
        return {
          found: {
            ...(verdict.principalId !== undefined &&
              lambda.payloadFormat === "1.0" && { principalId: verdict.principalId }),
            lambda: verdict.context,
          },
        };
      case "denied":
        return forbidden;
      default:
        return failed;
    }
  };
}
