import { randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Gate, Log, Principal } from "../../gate/types.ts";
import { type Lambda, LambdaServiceError } from "../types.ts";
import { buildEvent } from "./event.ts";
import { readRequest, type SignedRequest } from "./request.ts";
import { gatewayResponse, type HttpResponse, readResponse } from "./response.ts";
import { compileRoutes } from "./routes.ts";

export interface Route {
  /** `METHOD /path/{name}`, `ANY /path/{name+}` or `$default`. */
  readonly routeKey: string;
  readonly functionArn: string;
  readonly authorizationType: "AWS_IAM" | "NONE";
}

export interface HttpApiOptions {
  readonly apiId: string;
  readonly routes: readonly Route[];
  readonly lambda: Pick<Lambda, "invoke">;
  readonly gate: Gate;
  /** Who signed the request (SigV4, service execute-api); undefined when nobody did, or not validly. */
  readonly verify: (request: SignedRequest) => Promise<Principal | undefined>;
  /** `aws` by default. */
  readonly partition?: string;
  readonly region: string;
  readonly accountId: string;
  readonly log: Log;
  /** Seconds that a function may take to answer; 30, which is also the most that AWS allows. */
  readonly timeout?: number;
}

/** Bytes. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const bodyLimit = 10 * 1024 * 1024;

/** The stage that an HTTP API serves at its root. */
const stage = "$default";

/**
 * Serves an API Gateway HTTP API: routes, IAM authorizer, payload format 2.0.
 *
 * @returns A listener for `node:http`, which never throws.
 * @throws Error for a route key or an authorization type that it does not know.
 */
export function createHttpApi(options: HttpApiOptions): RequestListener {
  const { routes, lambda, gate, verify, log, region, accountId, apiId, timeout = 30 } = options;
  for (const { routeKey, authorizationType } of routes) {
    if (authorizationType !== "AWS_IAM" && authorizationType !== "NONE") {
      throw new Error(`${routeKey}: the local HTTP API knows AWS_IAM and NONE, not ${authorizationType}`);
    }
  }
  const findRoute = compileRoutes(routes);
  const apiArn = `arn:${options.partition ?? "aws"}:execute-api:${region}:${accountId}:${apiId}`;

  async function handle(message: IncomingMessage, requestId: string): Promise<HttpResponse> {
    const request = await readRequest(message, bodyLimit);
    if (request === undefined) return gatewayResponse(413, "Request Entity Too Large");

    const segments = decodeSegments(request.path);
    if (segments === undefined) return gatewayResponse(400, "Bad Request");
    const match = findRoute(request.method, segments);
    if (match === undefined) return gatewayResponse(404, "Not Found");

    const { route, pathParameters } = match;
    const path = `/${segments.join("/")}`;
    const sourceIp = message.socket.remoteAddress ?? "127.0.0.1";
    const principal = route.authorizationType === "AWS_IAM" ? await verify(request) : undefined;
    if (route.authorizationType === "AWS_IAM" && !mayCall(principal, request.method, path, sourceIp)) {
      return gatewayResponse(403, "Forbidden");
    }
    const event = buildEvent({
      ...{ request, routeKey: route.routeKey, path, pathParameters, principal, sourceIp, requestId },
      ...{ accountId, apiId, region, time: new Date() },
    });
    return within(timeout, callFunction(route, request.method, event));
  }

  /** The caller's own right: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html */
  function mayCall(
    principal: Principal | undefined,
    method: string,
    path: string,
    sourceIp: string,
  ): boolean {
    if (principal === undefined) return false;
    const decision = gate.authorize(principal, {
      action: "execute-api:Invoke",
      resource: `${apiArn}/${stage}/${method}${path}`,
      context: { "aws:SourceIp": sourceIp, "aws:SecureTransport": "true" },
    });
    return decision.outcome === "allowed";
  }

  async function callFunction(route: Route, method: string, event: unknown): Promise<HttpResponse> {
    const path = route.routeKey === "$default" ? "/$default" : route.routeKey.replace(/^\S+ /, "");
    const sourceArn = `${apiArn}/${stage}/${method}${path}`;
    const decision = gate.authorizeService("apigateway.amazonaws.com", {
      action: "lambda:InvokeFunction",
      resource: route.functionArn,
      context: { "aws:SourceArn": sourceArn, "aws:SourceAccount": accountId },
    });
    if (decision.outcome !== "allowed") {
      log(`http-api: ${route.routeKey}: ${sourceArn} may not invoke ${route.functionArn}`);
      return gatewayResponse(500, "Internal Server Error");
    }
    try {
      const result = await lambda.invoke(route.functionArn, event);
      if (result.functionError === undefined) return readResponse(result.payload);
      log(`http-api: ${route.routeKey}: the function failed: ${result.payload.errorMessage}`);
    } catch (error) {
      log(`http-api: ${route.routeKey}: ${error}`);
      if (error instanceof LambdaServiceError) return refused(error);
    }
    return gatewayResponse(500, "Internal Server Error");
  }

  return (message, response) => {
    const requestId = `${randomBytes(11).toString("base64url")}=`;
    handle(message, requestId)
      .catch((error) => {
        log(`http-api: ${message.method} ${message.url}: ${error}`);
        return gatewayResponse(500, "Internal Server Error");
      })
      .then((answer) => send(response, answer, requestId))
      .catch((error) => {
        log(`http-api: ${message.method} ${message.url}: ${error}`);
        response.destroy();
      });
  };
}

/**
 * What a caller sees of a call that Lambda refused. That 6 MB give the same answer as API Gateway's own limit, and
 * throttling a 503, is not documented for HTTP APIs.
 */
function refused(error: LambdaServiceError): HttpResponse {
  if (error.code === "RequestTooLargeException") return gatewayResponse(413, "Request Entity Too Large");
  if (error.code === "TooManyRequestsException") return gatewayResponse(503, "Service Unavailable");
  return gatewayResponse(500, "Internal Server Error");
}

/** Segments as API Gateway compares them: decoded; undefined for a path that cannot be. */
function decodeSegments(path: string): string[] | undefined {
  if (!path.startsWith("/")) return undefined;
  try {
    return path.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

async function within(seconds: number, response: Promise<HttpResponse>): Promise<HttpResponse> {
  const late = Promise.withResolvers<HttpResponse>();
  const timer = setTimeout(() => late.resolve(gatewayResponse(503, "Service Unavailable")), seconds * 1000);
  try {
    return await Promise.race([response, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function send(response: ServerResponse, { status, headers, body }: HttpResponse, requestId: string): void {
  // The client may be gone: whatever it did, this process goes on.
  response.on("error", () => {});
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, {
    ...headers,
    ...(hasBody && { "content-length": body.length }),
    "apigw-requestid": requestId,
  });
  response.end(hasBody ? body : undefined);
}
