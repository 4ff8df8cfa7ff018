import type { RequestListener } from "node:http";
import { type Backend, invokeFromApi, type Outcome } from "./backend.ts";
import { type Cors, isPreflight, preflightResponse, withCors } from "./cors.ts";
import { eventV1 } from "./event-v1.ts";
import { eventV2, isTextType } from "./event-v2.ts";
import { type ApiCall, createHttpAuthorizer, type HttpAuthorizer } from "./http-authorizer.ts";
import type { KeyFinder } from "./jwt.ts";
import { segmentsOf } from "./request-parts.ts";
import { type HttpResponse, jsonResponse, readResponseV1, readResponseV2 } from "./response.ts";
import { compileRoutes } from "./routes.ts";
import { type Arrival, serve, within } from "./serve.ts";
import type { SignerCheck } from "./signature.ts";

/** A route, and what it does. */
export interface Route {
  /** `METHOD /path/{name}`, `ANY /path/{name+}` or `$default`. */
  readonly routeKey: string;
  readonly integration: Integration;
  readonly authorizer: HttpAuthorizer;
}

export type Integration =
  | {
      readonly functionArn: string;
      readonly payloadFormat: "1.0" | "2.0";
      /** Seconds that the function may take to answer; 30 is the most that AWS allows. */
      readonly timeout: number;
    }
  /** What the local run does not imitate, e.g. "an HTTP_PROXY integration". */
  | { readonly notImitated: string };

export interface HttpApiOptions extends Backend {
  readonly apiId: string;
  /** `$default`, served at the root, or a name that paths begin with. */
  readonly stage: string;
  readonly stageVariables?: Readonly<Record<string, string>>;
  readonly routes: readonly Route[];
  readonly cors?: Cors;
  /** Who signed a request for execute-api. */
  readonly verify: SignerCheck;
  /** Keys that tokens are checked with. */
  readonly keyOf: KeyFinder;
}

/** Bytes. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const bodyLimit = 10 * 1024 * 1024;

const internalError = jsonResponse(500, { message: "Internal Server Error" });
const notFound = jsonResponse(404, { message: "Not Found" });
const tooLarge = jsonResponse(413, { message: "Request Entity Too Large" });
const unavailable = jsonResponse(503, { message: "Service Unavailable" });

/**
 * Serves an API Gateway HTTP API: finds the route, asks its authorizer, invokes its function.
 *
 * @returns A listener for `node:http`, which never throws.
 * @throws Error for a route key that is none.
 */
export function createHttpApi(options: HttpApiOptions): RequestListener {
  const { routes, cors, stage, stageVariables, region, partition, accountId, apiId, log } = options;
  const findRoute = compileRoutes(routes);
  const apiArn = `arn:${partition}:execute-api:${region}:${accountId}:${apiId}`;
  const domainName = `${apiId}.execute-api.${region}.amazonaws.com`;
  const authorizers = new Map(
    routes.map((route) => [route, createHttpAuthorizer(route.authorizer, { ...options, apiArn })]),
  );
  /** What a path begins with that is no route's. */
  const base = stage === "$default" ? "" : `/${stage}`;

  async function handle(arrival: Arrival): Promise<HttpResponse> {
    const { request } = arrival;
    const segments = segmentsOf(request.path)?.map(decodeURIComponent);
    if (segments === undefined) return jsonResponse(400, { message: "Bad Request" });
    const fullPath = `/${segments.join("/")}`;
    if (base !== "" && fullPath !== base && !fullPath.startsWith(`${base}/`)) return notFound;
    const path = fullPath.slice(base.length) || "/";
    const match = findRoute(request.method, path.slice(1).split("/"));

    const preflight =
      cors !== undefined && isPreflight(request) ? preflightResponse(cors, request, 204) : undefined;
    if (match === undefined) return preflight ?? notFound;
    const { route, pathParameters } = match;
    const call: ApiCall = {
      ...arrival,
      ...{ accountId, apiId, domainName, stage, stageVariables, pathParameters, fullPath, path },
      routeKey: route.routeKey,
      methodArn: `${apiArn}/${stage}/${request.method}${path}`,
      sourceArn: `${apiArn}/${stage}/${request.method}${routePath(route)}`,
    };
    const admission = await authorizers.get(route)?.(call);
    if (admission === undefined || "refusal" in admission) return admission?.refusal ?? internalError;
    if (preflight !== undefined) return preflight;
    return withCors(cors, request, await callFunction(route, call, admission.found));
  }

  async function callFunction(
    { routeKey, integration }: Route,
    call: ApiCall,
    found: Readonly<Record<string, unknown>> | undefined,
  ): Promise<HttpResponse> {
    if ("notImitated" in integration) {
      const message = `The local run does not imitate ${integration.notImitated} of the route ${routeKey}.`;
      log(`http-api: ${message}`);
      return jsonResponse(501, { message });
    }
    const { functionArn, payloadFormat, timeout } = integration;
    const event =
      payloadFormat === "2.0"
        ? eventV2({ ...call, path: call.fullPath, authorizer: found })
        : {
            version: "1.0",
            ...eventV1({
              ...call,
              ...{ resource: routePath({ routeKey }), resourceId: routeKey, authorizer: flat(found) },
              isBinary: (type) => !isTextType(type),
            }),
          };
    const answer = invokeFromApi(options, functionArn, call.sourceArn, event).then((outcome) =>
      responseTo(outcome, payloadFormat),
    );
    return within(timeout, answer, unavailable);
  }

  function responseTo(outcome: Outcome, format: "1.0" | "2.0"): HttpResponse {
    // That too large an event gives the same answer as API Gateway's own limit, and throttling a 503, is not
    // documented for HTTP APIs.
    if (outcome.failure === "too large") return tooLarge;
    if (outcome.failure === "throttled") return unavailable;
    if (outcome.failure !== undefined) return internalError;
    try {
      return format === "2.0"
        ? readResponseV2(outcome.answer)
        : readResponseV1(outcome.answer, "text/plain;charset=UTF-8");
    } catch (error) {
      log(`http-api: the function's answer is malformed: ${(error as Error).message}`);
      return internalError;
    }
  }

  return serve({
    ...{ name: "http-api", bodyLimit, handle, tooLarge, log },
    idHeader: "apigw-requestid",
    broken: internalError,
  });
}

function routePath({ routeKey }: Pick<Route, "routeKey">): string {
  return routeKey === "$default" ? "/$default" : routeKey.replace(/^\S+ /, "");
}

/** Format 1.0 tells a Lambda authorizer's context beside the rest, and a token's claims in `claims`. */
function flat(
  found: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (found === undefined) return undefined;
  const { lambda, jwt, iam, ...rest } = found;
  return { ...rest, ...(lambda as object), ...(jwt as object), ...(iam as object) };
}
