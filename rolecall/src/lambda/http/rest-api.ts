import type { RequestListener } from "node:http";
import { type Backend, invokeFromApi, type Outcome } from "./backend.ts";
import { eventV1 } from "./event-v1.ts";
import { type CustomGatewayResponse, createGatewayResponses } from "./gateway-responses.ts";
import type { KeyFinder } from "./jwt.ts";
import { type MockIntegration, mockResponse } from "./mock.ts";
import type { SignedRequest } from "./request.ts";
import { segmentsOf } from "./request-parts.ts";
import { type HttpResponse, jsonResponse, readResponseV1 } from "./response.ts";
import { createRestAuthorizer, type RestAuthorizer, type RestCall } from "./rest-authorizer.ts";
import { type Addressed, findMethod } from "./rest-routes.ts";
import { type Arrival, serve, within } from "./serve.ts";
import type { SignerCheck } from "./signature.ts";

/** A method of a resource, and what it does. */
export interface RestMethod extends Addressed {
  readonly resourceId: string;
  readonly authorizer: RestAuthorizer;
  readonly needsApiKey: boolean;
  readonly integration:
    | {
        readonly functionArn: string;
        /** Seconds; 29 is the usual limit. */
        readonly timeout: number;
      }
    | { readonly mock: MockIntegration }
    /** What the local run does not imitate, e.g. "an HTTP integration". */
    | { readonly notImitated: string };
}

export interface RestStage {
  readonly name: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Values that the header x-api-key may have: the keys of the usage plans for this stage. */
  readonly apiKeys: readonly string[];
}

export interface RestApiOptions extends Backend {
  readonly apiId: string;
  readonly stages: readonly RestStage[];
  readonly methods: readonly RestMethod[];
  readonly binaryMediaTypes: readonly string[];
  readonly gatewayResponses: readonly CustomGatewayResponse[];
  readonly hasPolicy: boolean;
  /** Who signed a request for execute-api. */
  readonly verify: SignerCheck;
  /** Keys that tokens are checked with. */
  readonly keyOf: KeyFinder;
}

/** Bytes. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
const bodyLimit = 10 * 1024 * 1024;

/**
 * Serves an API Gateway REST API: stage, resource and method, authorizer and resource policy, API key, integration.
 *
 * @returns A listener for `node:http`, which never throws.
 */
export function createRestApi(options: RestApiOptions): RequestListener {
  const { methods, stages, region, partition, accountId, apiId, log } = options;
  const apiArn = `arn:${partition}:execute-api:${region}:${accountId}:${apiId}`;
  const domainName = `${apiId}.execute-api.${region}.amazonaws.com`;
  const respond = createGatewayResponses(options.gatewayResponses);
  const failed = respond("INTEGRATION_FAILURE", "Internal server error", "InternalServerErrorException");
  const broken = respond("DEFAULT_5XX", "Internal server error", "InternalServerErrorException");
  const authorizers = new Map(
    methods.map((method) => [method, createRestAuthorizer(method.authorizer, { ...options, apiArn })]),
  );
  const isBinary = binaryTest(options.binaryMediaTypes);

  async function handle(arrival: Arrival): Promise<HttpResponse> {
    const { request } = arrival;
    const [stageName, ...segments] = segmentsOf(request.path) ?? [];
    const stage = stages.find(({ name }) => name === stageName);
    if (stage === undefined)
      return jsonResponse(403, { message: "Forbidden" }, { "x-amzn-errortype": "ForbiddenException" });
    const match = findMethod(methods, request.method, segments);
    if (match === undefined)
      return respond(
        "MISSING_AUTHENTICATION_TOKEN",
        "Missing Authentication Token",
        "MissingAuthenticationTokenException",
      );

    const { method, pathParameters } = match;
    const path = `/${segments.join("/")}`;
    const call: RestCall = {
      ...arrival,
      ...{ pathParameters, path, accountId, apiId, domainName },
      ...{ resource: method.resource, resourceId: method.resourceId, fullPath: request.path },
      ...{ stage: stage.name, stageVariables: stage.variables },
      isBinary: (type) => isBinary(type ?? "application/json"),
      methodArn: `${apiArn}/${stage.name}/${request.method}${path}`,
    };
    const admission = await authorizers.get(method)?.(call);
    if (admission === undefined) return broken;
    if (admission.refusal !== undefined) {
      const { type, message, errorType, body } = admission.refusal;
      return respond(type, message, errorType, body);
    }
    const apiKey = request.headers["x-api-key"];
    if (method.needsApiKey && (apiKey === undefined || !stage.apiKeys.includes(apiKey)))
      return respond("INVALID_API_KEY", "Forbidden", "ForbiddenException");
    return integrate(method, { ...call, ...admission, ...(method.needsApiKey && { apiKey }) });
  }

  async function integrate(
    { integration, resource, httpMethod }: RestMethod,
    call: RestCall,
  ): Promise<HttpResponse> {
    if ("mock" in integration) return mockResponse(integration.mock, call.request);
    if ("notImitated" in integration) {
      const message = `The local run does not imitate ${integration.notImitated} of ${httpMethod} ${resource}.`;
      log(`rest-api: ${message}`);
      return jsonResponse(501, { message });
    }
    // As it stands in the permission: the resource's path, the request's method.
    const sourceArn = `${apiArn}/${call.stage}/${call.request.method}${resource}`;
    const answer = invokeFromApi(options, integration.functionArn, sourceArn, eventV1(call)).then((outcome) =>
      responseTo(outcome, call.request),
    );
    const late = respond("INTEGRATION_TIMEOUT", "Endpoint request timed out", "InternalServerErrorException");
    return within(integration.timeout, answer, late);
  }

  function responseTo(outcome: Outcome, request: SignedRequest): HttpResponse {
    // What Lambda refuses is a failure of the API's set-up; that throttling is one, too, is not documented.
    if (outcome.failure === "too large") return respond("REQUEST_TOO_LARGE", "Request Too Long");
    if (outcome.failure === "function error") return failed;
    if (outcome.failure !== undefined) return broken;
    try {
      const accept = request.headers.accept?.split(",")[0];
      return readResponseV1(outcome.answer, "application/json", (type) => isBinary(accept ?? type));
    } catch (error) {
      log(`rest-api: the function's answer is malformed: ${(error as Error).message}`);
      return failed;
    }
  }

  return serve({
    ...{ name: "rest-api", bodyLimit, handle, broken, log },
    tooLarge: respond("REQUEST_TOO_LARGE", "Request Too Long"),
    idHeader: "x-amzn-requestid",
  });
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html */
function binaryTest(binaryMediaTypes: readonly string[]): (type: string) => boolean {
  const known = binaryMediaTypes.map((type) => type.toLowerCase());
  return (type) => {
    const plain = type.split(";")[0]?.trim().toLowerCase() ?? "";
    return known.some(
      (binary) =>
        binary === "*/*" ||
        binary === plain ||
        (binary.endsWith("/*") && plain.startsWith(binary.slice(0, -1))),
    );
  };
}
