import type { Principal } from "../../gate/types.ts";
import type { SignedRequest } from "./request.ts";

export interface EventOptions {
  readonly request: SignedRequest;
  readonly routeKey: string;
  /** Decoded. */
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly accountId: string;
  readonly apiId: string;
  readonly region: string;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly time: Date;
  /** Who signed the request; absent on a route without authorizer. */
  readonly principal: Principal | undefined;
}

/** Meaningful between two machines only. */
const hopByHop = new Set(["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]);

/**
 * The event that a function gets from an HTTP API, payload format 2.0. As on AWS, `rawPath` is decoded.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function buildEvent(options: EventOptions): Record<string, unknown> {
  const { request, routeKey, path, pathParameters, apiId, region, principal, time } = options;
  const cookies = request.headers.cookie?.split(";").map((cookie) => cookie.trim());
  const isText = isTextType(request.headers["content-type"]);

  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: request.query,
    ...(cookies && { cookies }),
    headers: eventHeaders(options),
    ...(request.query !== "" && { queryStringParameters: queryParameters(request.query) }),
    requestContext: {
      accountId: options.accountId,
      apiId,
      ...(principal && { authorizer: { iam: iamAuthorizer(principal, request) } }),
      domainName: `${apiId}.execute-api.${region}.amazonaws.com`,
      domainPrefix: apiId,
      http: {
        method: request.method,
        path,
        protocol: "HTTP/1.1",
        sourceIp: options.sourceIp,
        userAgent: request.headers["user-agent"] ?? "",
      },
      requestId: options.requestId,
      routeKey,
      stage: "$default",
      time: commonLogTime(time),
      timeEpoch: time.getTime(),
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(request.body.length > 0 && { body: request.body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

function eventHeaders({ request, sourceIp }: EventOptions): Record<string, string> {
  const sent = Object.entries(request.headers).filter(([name]) => name !== "cookie" && !hopByHop.has(name));
  return {
    ...Object.fromEntries(sent),
    "content-length": String(request.body.length),
    "x-forwarded-for": sourceIp,
    "x-forwarded-proto": "http",
  };
}

/** Every other type, and a missing one, arrives as base64. */
function isTextType(contentType = ""): boolean {
  return /^\s*(text\/[^;]+|application\/(json|xml|javascript))\s*(;|$)/i.test(contentType);
}

function queryParameters(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = Object.hasOwn(parameters, name) ? `${parameters[name]},${value}` : value;
  }
  return parameters;
}

function iamAuthorizer(principal: Principal, request: SignedRequest): Record<string, string | null> {
  // The unique ids that IAM gives its users and roles do not exist here: the name stands in for them.
  const id = `LOCAL:${principal.name}`;
  return {
    accessKey: accessKeyOf(request),
    accountId: principal.caller.accountId,
    callerId: id,
    cognitoIdentity: null,
    principalOrgId: "",
    userArn: principal.caller.arn,
    userId: id,
  };
}

/** The access key id that the signature names, in the Authorization header or in a presigned URL. */
function accessKeyOf({ headers, query }: SignedRequest): string {
  const header = /Credential=([^/,\s]+)/.exec(headers.authorization ?? "")?.[1];
  return header ?? new URLSearchParams(query).get("X-Amz-Credential")?.split("/")[0] ?? "";
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(time: Date): string {
  const [, day, month, year, clock] = time.toUTCString().split(/[ ,]+/);
  return `${day}/${month}/${year}:${clock} +0000`;
}
