import type { SignedRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";

/** The CORS configuration of an HTTP API or a function URL: each list empty where the template gives none. */
export interface Cors {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly credentials: boolean;
  /** Seconds. */
  readonly maxAge?: number | undefined;
}

/** Whether a browser asks if a page of another origin may call. */
export function isPreflight({ method, headers }: SignedRequest): boolean {
  return (
    method === "OPTIONS" &&
    headers.origin !== undefined &&
    headers["access-control-request-method"] !== undefined
  );
}

/**
 * The answer to a preflight: without CORS headers for an origin that is not allowed.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 *
 * @param status 204 at an HTTP API, 200 at a function URL
 */
export function preflightResponse(cors: Cors, request: SignedRequest, status: number): HttpResponse {
  const origin = allowedOrigin(cors, request);
  const listed = (name: string, values: readonly string[]) =>
    values.length > 0 ? { [name]: values.join(",") } : {};
  return {
    status,
    headers: {
      ...(origin !== undefined && {
        ...originHeaders(cors, origin),
        ...listed("access-control-allow-methods", cors.methods),
        ...listed("access-control-allow-headers", cors.headers),
        ...(cors.maxAge !== undefined && { "access-control-max-age": String(cors.maxAge) }),
      }),
    },
    body: Buffer.alloc(0),
  };
}

/** A response with the API's own CORS headers; those that the function gave do not count. */
export function withCors(
  cors: Cors | undefined,
  request: SignedRequest,
  response: HttpResponse,
): HttpResponse {
  if (cors === undefined) return response;
  const kept = Object.entries(response.headers).filter(([name]) => !name.startsWith("access-control-"));
  const origin = allowedOrigin(cors, request);
  const own = origin === undefined ? {} : originHeaders(cors, origin);
  return { ...response, headers: { ...Object.fromEntries(kept), ...own } };
}

function originHeaders({ credentials, exposed }: Cors, origin: string): Record<string, string> {
  return {
    "access-control-allow-origin": origin,
    ...(credentials && { "access-control-allow-credentials": "true" }),
    ...(exposed.length > 0 && { "access-control-expose-headers": exposed.join(",") }),
  };
}

/** What the header says of the request's origin: the origin itself, or `*`; undefined when it is not allowed. */
function allowedOrigin({ origins }: Cors, { headers: { origin } }: SignedRequest): string | undefined {
  if (origin === undefined) return undefined;
  if (origins.includes("*")) return "*";
  const scheme = /^https?:\/\//.exec(origin)?.[0];
  return origins.some((allowed) => allowed === origin || allowed === `${scheme}*`) ? origin : undefined;
}
