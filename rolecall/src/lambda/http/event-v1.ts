import type { SignedRequest } from "./request.ts";
import { commonLogTime, forwardedHeaders, isForwarded, recordOf } from "./request-parts.ts";

export interface EventV1Options {
  readonly request: SignedRequest;
  /** The path of the resource or the route, e.g. `/items/{id}`. */
  readonly resource: string;
  /** Without the stage: as it was sent at a REST API, decoded at an HTTP API. */
  readonly path: string;
  /** With the stage. */
  readonly fullPath: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly accountId: string;
  readonly apiId: string;
  readonly resourceId: string;
  readonly domainName: string;
  readonly stage: string;
  readonly stageVariables?: Readonly<Record<string, string>> | undefined;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly time: Date;
  readonly authorizer?: Readonly<Record<string, unknown>> | undefined;
  /** Who signed, and with which key, as `iamIdentity` tells it. */
  readonly identity?: Readonly<Record<string, unknown>> | undefined;
  readonly apiKey?: string | undefined;
  /** Which content types reach the function in base64. */
  readonly isBinary: (contentType: string | undefined) => boolean;
}

/**
 * The event that a function gets from a REST API, or from an HTTP API by payload format 1.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
 */
export function eventV1(options: EventV1Options): Record<string, unknown> {
  const { request, isBinary } = options;
  const isBase64Encoded = request.body.length > 0 && isBinary(request.headers["content-type"]);
  const body = request.body.toString(isBase64Encoded ? "base64" : "utf8");
  return { ...requestV1(options), body: body === "" ? null : body, isBase64Encoded };
}

/** The event without its body, which an authorizer never sees. */
export function requestV1(options: EventV1Options): Record<string, unknown> {
  const { request, resource, path, pathParameters, stageVariables, domainName, stage, sourceIp, time } =
    options;
  const headers = [
    ...request.headerLines.filter(([name]) => isForwarded(name)),
    ...Object.entries(forwardedHeaders(sourceIp)).map(([name, value]) => [capitalised(name), value] as const),
  ];
  const query = [...new URLSearchParams(request.query)];
  return {
    resource,
    path,
    httpMethod: request.method,
    headers: recordOf(headers),
    multiValueHeaders: listed(headers),
    queryStringParameters: query.length > 0 ? recordOf(query) : null,
    multiValueQueryStringParameters: query.length > 0 ? listed(query) : null,
    pathParameters: Object.keys(pathParameters).length > 0 ? pathParameters : null,
    stageVariables: stageVariables ?? null,
    requestContext: {
      accountId: options.accountId,
      apiId: options.apiId,
      ...(options.authorizer && { authorizer: options.authorizer }),
      domainName,
      domainPrefix: domainName.split(".")[0],
      extendedRequestId: options.requestId,
      httpMethod: request.method,
      identity: {
        accessKey: null,
        accountId: null,
        ...(options.apiKey !== undefined && { apiKey: options.apiKey }),
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp,
        user: null,
        userAgent: request.headers["user-agent"] ?? null,
        userArn: null,
        ...options.identity,
      },
      path: options.fullPath,
      protocol: "HTTP/1.1",
      requestId: options.requestId,
      requestTime: commonLogTime(time),
      requestTimeEpoch: time.getTime(),
      resourceId: options.resourceId,
      resourcePath: resource,
      stage,
    },
  };
}

/** Every value of each name. */
function listed(entries: readonly (readonly [string, string])[]): Record<string, string[]> {
  const values = Map.groupBy(entries, ([name]) => name);
  return recordOf([...values].map(([name, pairs]) => [name, pairs.map(([, value]) => value)]));
}

function capitalised(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
