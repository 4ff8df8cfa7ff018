import type { IncomingMessage } from "node:http";
import type { Principal } from "../types.ts";
import type { MatchedRoute } from "./routes.ts";

export interface EventSource {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly matched: MatchedRoute;
  /** Who signed; undefined on a route without an authorizer. */
  readonly principal: Principal | undefined;
  readonly accessKeyId: string | undefined;
  readonly apiId: string;
  readonly accountId: string;
  readonly region: string;
  readonly requestId: string;
  readonly time: Date;
}

/** Bodies of these types come as text, all others and those without a type in base64 (seen, not documented). */
const textTypes = /^(text\/|application\/(json|javascript|xml)\b)/i;

/**
 * The event of payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function httpApiEvent(source: EventSource): object {
  const { request, body, matched, apiId, accountId, region, requestId, time } = source;
  const { pathname, search, searchParams } = new URL(`http://api${request.url ?? "/"}`);
  const { cookie, ...headers } = headersOf(request);
  const query = [...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name).join(",")]);
  const isText = textTypes.test(headers["content-type"] ?? "");
  return {
    version: "2.0",
    routeKey: matched.route.routeKey,
    rawPath: decodedPath(pathname),
    rawQueryString: search.slice(1),
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers,
    ...(query.length > 0 && { queryStringParameters: Object.fromEntries(query) }),
    requestContext: {
      accountId,
      apiId,
      ...(source.principal && { authorizer: { iam: iamAuthorizer(source.principal, source.accessKeyId) } }),
      domainName: `${apiId}.execute-api.${region}.amazonaws.com`,
      domainPrefix: apiId,
      http: {
        method: request.method,
        path: decodedPath(pathname),
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: "127.0.0.1",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId,
      routeKey: matched.route.routeKey,
      stage: "$default",
      time: commonLogTime(time),
      timeEpoch: time.getTime(),
    },
    ...(matched.pathParameters && { pathParameters: matched.pathParameters }),
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const { authorization: _, ...headers } = request.headersDistinct;
  return Object.fromEntries(
    Object.entries(headers).map(([name, values = []]) => [name, values.join(name === "cookie" ? "; " : ",")]),
  );
}

function iamAuthorizer({ caller }: Principal, accessKey: string | undefined) {
  const session = caller.arn.split("/").at(-1);
  return {
    accessKey,
    accountId: caller.accountId,
    callerId: `AROALOCAL:${session}`,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: caller.arn,
    userId: `AROALOCAL:${session}`,
  };
}

function decodedPath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

/** `24/Nov/2026:12:00:00 +0000` */
function commonLogTime(time: Date): string {
  const [, day, month, year, clock] = /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(time.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${clock} +0000`;
}
