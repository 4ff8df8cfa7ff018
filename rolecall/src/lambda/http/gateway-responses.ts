import { type HttpResponse, jsonResponse } from "./response.ts";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html */
export type GatewayResponseType =
  | "ACCESS_DENIED"
  | "AUTHORIZER_CONFIGURATION_ERROR"
  | "AUTHORIZER_FAILURE"
  | "BAD_REQUEST_PARAMETERS"
  | "EXPIRED_TOKEN"
  | "INTEGRATION_FAILURE"
  | "INTEGRATION_TIMEOUT"
  | "INVALID_API_KEY"
  | "INVALID_SIGNATURE"
  | "MISSING_AUTHENTICATION_TOKEN"
  | "REQUEST_TOO_LARGE"
  | "UNAUTHORIZED"
  | "DEFAULT_5XX";

/** A response that the template shapes. */
export interface CustomGatewayResponse {
  /** A type of the above, or DEFAULT_4XX or DEFAULT_5XX. */
  readonly type: string;
  readonly status?: number | undefined;
  /** By header name; static values alone. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body's template for application/json. */
  readonly template?: string | undefined;
}

const statuses: Readonly<Record<GatewayResponseType, number>> = {
  ACCESS_DENIED: 403,
  AUTHORIZER_CONFIGURATION_ERROR: 500,
  AUTHORIZER_FAILURE: 500,
  BAD_REQUEST_PARAMETERS: 400,
  EXPIRED_TOKEN: 403,
  INTEGRATION_FAILURE: 502,
  INTEGRATION_TIMEOUT: 504,
  INVALID_API_KEY: 403,
  INVALID_SIGNATURE: 403,
  MISSING_AUTHENTICATION_TOKEN: 403,
  REQUEST_TOO_LARGE: 413,
  UNAUTHORIZED: 401,
  DEFAULT_5XX: 500,
};

/** Says what a REST API refuses or fails at, as the template shapes it. */
export function createGatewayResponses(custom: readonly CustomGatewayResponse[]) {
  return (
    type: GatewayResponseType,
    message: string | null,
    errorType?: string,
    body: unknown = { message },
  ): HttpResponse => {
    const status = statuses[type];
    const family = status < 500 ? "DEFAULT_4XX" : "DEFAULT_5XX";
    const own =
      custom.find((response) => response.type === type) ??
      custom.find((response) => response.type === family);
    const response = jsonResponse(own?.status ?? status, body, {
      ...(errorType !== undefined && { "x-amzn-errortype": errorType }),
      ...own?.headers,
    });
    if (own?.template === undefined) return response;
    return { ...response, body: Buffer.from(filled(own.template, message)) };
  };
}

/** `$context.error.messageString` is the message in its quotes, `$context.error.message` without. */
function filled(template: string, message: string | null): string {
  return template
    .replaceAll("$context.error.messageString", () => JSON.stringify(message))
    .replaceAll("$context.error.message", () => message ?? "null");
}
