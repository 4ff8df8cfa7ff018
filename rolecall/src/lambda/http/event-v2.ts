import type { SignedRequest } from "./request.ts";
import { commonLogTime, forwardedHeaders, isForwarded, recordOf } from "./request-parts.ts";

export interface EventOptions {
  readonly request: SignedRequest;
  readonly routeKey: string;
  /** An HTTP API gives it decoded, a function URL as it was sent. */
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** Of whoever called; "anonymous" at a function URL that nobody signed for. */
  readonly accountId: string;
  readonly apiId: string;
  readonly domainName: string;
  readonly stage: string;
  readonly stageVariables?: Readonly<Record<string, string>> | undefined;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly time: Date;
  /** What the authorizer found out; absent on a route without one. */
  readonly authorizer?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The event that a function gets from an HTTP API or a function URL, payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function eventV2(options: EventOptions): Record<string, unknown> {
  const { request } = options;
  const isText = isTextType(request.headers["content-type"]);
  const hasBody = request.body.length > 0;
  return {
    ...requestV2(options),
    ...(hasBody && { body: request.body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: hasBody && !isText,
  };
}

/** The event without its body, which an authorizer never sees. */
export function requestV2(options: EventOptions): Record<string, unknown> {
  const { request, routeKey, path, pathParameters, apiId, domainName, stage, stageVariables, time } = options;
  const cookies = request.headers.cookie?.split(";").map((cookie) => cookie.trim());
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: request.query,
    ...(cookies && { cookies }),
    headers: eventHeaders(options),
    ...(request.query !== "" && { queryStringParameters: joinedQuery(request.query) }),
    requestContext: {
      accountId: options.accountId,
      apiId,
      ...(options.authorizer && { authorizer: options.authorizer }),
      domainName,
      domainPrefix: domainName.split(".")[0],
      http: {
        method: request.method,
        path,
        protocol: "HTTP/1.1",
        sourceIp: options.sourceIp,
        userAgent: request.headers["user-agent"] ?? "",
      },
      requestId: options.requestId,
      routeKey,
      stage,
      time: commonLogTime(time),
      timeEpoch: time.getTime(),
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(stageVariables && { stageVariables }),
  };
}

function eventHeaders({ request, sourceIp }: EventOptions): Record<string, string> {
  const sent = Object.entries(request.headers).filter(([name]) => name !== "cookie" && isForwarded(name));
  return { ...recordOf(sent), "content-length": String(request.body.length), ...forwardedHeaders(sourceIp) };
}

/** Every other type, and a missing one, arrives as base64. */
export function isTextType(contentType = ""): boolean {
  return /^\s*(text\/[^;]+|application\/(json|xml|javascript))\s*(;|$)/i.test(contentType);
}

/** The values of a name that came more than once are joined by commas. */
function joinedQuery(query: string): Record<string, string> {
  const values = Map.groupBy(new URLSearchParams(query), ([name]) => name);
  return recordOf([...values].map(([name, pairs]) => [name, pairs.map(([, value]) => value).join(",")]));
}
