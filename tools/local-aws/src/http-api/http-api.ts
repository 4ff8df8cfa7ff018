import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type Lambda, LambdaServiceError } from "../lambda/types.ts";
import type { Identities } from "../signature/identities.ts";
import { SignatureError } from "../signature/refusal.ts";
import { verifyRequest } from "../signature/verify-request.ts";
import type { Gate, Log, Principal } from "../types.ts";
import {
  answerOf,
  forbidden,
  type HttpAnswer,
  internalError,
  notFound,
  tooLarge,
  unavailable,
} from "./answer.ts";
import { httpApiEvent } from "./event.ts";
import { compileRoutes, type MatchedRoute, type RouteSpec } from "./routes.ts";

/** Bytes. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const largestBody = 10 * 1024 * 1024;

/** Milliseconds that an integration may take. */
const longestIntegration = 30_000;

export interface HttpApiOptions {
  readonly apiId: string;
  readonly routes: readonly RouteSpec[];
  readonly identities: Identities;
  readonly gate: Gate;
  readonly lambda: Lambda;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly log: Log;
  readonly clock?: () => Date;
}

/**
 * An HTTP API with its `$default` stage: the IAM authorizer decides whether the caller may come in, the function's own
 * policy whether the API may invoke it.
 */
export function createHttpApi(options: HttpApiOptions): RequestListener {
  const {
    apiId,
    identities,
    gate,
    lambda,
    accountId,
    region,
    partition,
    log,
    clock = () => new Date(),
  } = options;
  const findRoute = compileRoutes(options.routes);
  const apiArn = `arn:${partition}:execute-api:${region}:${accountId}:${apiId}`;

  async function answer(request: IncomingMessage): Promise<HttpAnswer> {
    const body = await read(request);
    if (body === undefined) return tooLarge;
    const { method = "", url = "/" } = request;
    if (!url.startsWith("/")) return notFound;
    const { pathname } = new URL(`http://api${url}`);
    const matched = findRoute(method, pathname);
    if (!matched) return notFound;

    let principal: Principal | undefined;
    if (matched.route.authorizationType === "AWS_IAM") {
      principal = signer(request, body);
      if (!principal || !mayInvoke(principal, method, pathname)) return forbidden;
    }
    return invoke(request, body, matched, principal);
  }

  function signer(request: IncomingMessage, body: Buffer): Principal | undefined {
    const { method = "", url = "", rawHeaders } = request;
    const bodyHash = createHash("sha256").update(body).digest("hex");
    try {
      const options = { identities, region, service: "execute-api", now: clock(), bodyHash };
      return verifyRequest({ method, target: url, rawHeaders }, options).principal;
    } catch (error) {
      if (!(error instanceof SignatureError) && !(error instanceof URIError)) throw error;
      log(`http-api: ${method} ${url} is refused, its signature: ${error.message}`);
      return undefined;
    }
  }

  /** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html */
  function mayInvoke(principal: Principal, method: string, path: string): boolean {
    const resource = `${apiArn}/$default/${method}${path}`;
    return (
      gate.authorize(principal, { action: "execute-api:Invoke", resource, context: {} }).outcome === "allowed"
    );
  }

  async function invoke(
    request: IncomingMessage,
    body: Buffer,
    matched: MatchedRoute,
    principal: Principal | undefined,
  ): Promise<HttpAnswer> {
    const { routeKey, functionArn } = matched.route;
    const { outcome } = gate.authorizeService("apigateway.amazonaws.com", {
      action: "lambda:InvokeFunction",
      resource: functionArn,
      context: {
        "aws:SourceArn": `${apiArn}/*/${routeKey.replace(" ", "")}`,
        "aws:SourceAccount": accountId,
      },
    });
    if (outcome !== "allowed") {
      log(
        `http-api: ${routeKey} may not invoke ${functionArn}: the function needs an AWS::Lambda::Permission`,
      );
      return internalError;
    }
    const accessKeyId = /Credential=([^/]+)/.exec(request.headers.authorization ?? "")?.[1];
    const source = { request, body, matched, principal, accessKeyId, apiId, accountId, region };
    const event = httpApiEvent({ ...source, requestId: randomUUID(), time: clock() });
    try {
      const result = await limited(lambda.invoke(functionArn, event));
      if (result === "late") return unavailable;
      if (result.functionError === undefined) {
        const answered = answerOf(result.payload);
        if (answered) return answered;
        log(
          `http-api: ${routeKey}: the function's answer is malformed: ${JSON.stringify(result.payload).slice(0, 200)}`,
        );
      }
      return internalError;
    } catch (error) {
      if (!(error instanceof LambdaServiceError)) throw error;
      log(`http-api: ${routeKey}: ${error.code}: ${error.message}`);
      if (error.code === "RequestTooLargeException") return tooLarge;
      return error.code === "TooManyRequestsException" ? unavailable : internalError;
    }
  }

  return (request, response) => {
    answer(request)
      .catch((error: unknown) => {
        log(`http-api: ${request.method} ${request.url}: ${error}`);
        return internalError;
      })
      .then((answered) => send(response, answered));
  };
}

async function limited<Result>(invocation: Promise<Result>): Promise<Result | "late"> {
  const timer = Promise.withResolvers<"late">();
  const timeout = setTimeout(() => timer.resolve("late"), longestIntegration);
  try {
    return await Promise.race([invocation, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

/** The whole body; undefined for one that is too large, which is read to its end and dropped. */
async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= largestBody) chunks.push(chunk);
  }
  return size <= largestBody ? Buffer.concat(chunks) : undefined;
}

function send(response: ServerResponse, { status, headers, cookies, body }: HttpAnswer): void {
  // A client that went away in the meantime gets nothing.
  if (response.destroyed) return;
  response.writeHead(status, {
    ...headers,
    ...(cookies.length > 0 && { "set-cookie": [...cookies] }),
    ...(status !== 204 && status !== 304 && { "content-length": body.length }),
    "apigw-requestid": randomUUID(),
  });
  response.end(status === 204 || status === 304 ? undefined : body);
}
