import { S3Error } from "./errors.ts";
import type { S3Request } from "./request.ts";

/**
 * A rule of a bucket's CORS configuration.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 */
export interface CorsRule {
  /** Each with one `*` at most. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** That a request may carry, each with one `*` at most. */
  readonly headers: readonly string[];
  /** That a page may read. */
  readonly exposed: readonly string[];
  /** Seconds. */
  readonly maxAge?: number | undefined;
}

/**
 * Answers a browser that asks whether a page of another origin may call; nobody signs such a question.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 *
 * @returns the headers of the answer
 * @throws {S3Error} when no rule fits, or the question is incomplete
 */
export function preflightHeaders(
  rules: readonly CorsRule[],
  { headers, key }: Pick<S3Request, "headers" | "key">,
): Record<string, string> {
  const missing = (message: string) => new S3Error("BadRequest", message, 400);
  const origin = headers.get("origin");
  if (origin === undefined) return refuse(missing("Insufficient information. Origin request header needed."));
  const method = headers.get("access-control-request-method");
  if (method === undefined) return refuse(missing("Invalid Access-Control-Request-Method: null"));
  const wanted = (headers.get("access-control-request-headers") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");

  const rule = rules.find(
    (candidate) =>
      fits(candidate, origin, method) &&
      wanted.every((name) => candidate.headers.some((header) => matches(header.toLowerCase(), name))),
  );
  if (rule === undefined) {
    const message =
      rules.length === 0
        ? "CORSResponse: CORS is not enabled for this bucket."
        : "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";
    return refuse(
      new S3Error("AccessForbidden", message, 403, {
        Method: method,
        ResourceType: key === undefined ? "BUCKET" : "OBJECT",
      }),
    );
  }
  return {
    ...headersOf(rule, origin),
    ...(wanted.length > 0 && { "access-control-allow-headers": wanted.join(", ") }),
  };
}

/** What a page may read of an answer; nothing where no rule fits, and S3 answers all the same. */
export function corsHeaders(
  rules: readonly CorsRule[],
  { method, headers }: Pick<S3Request, "method" | "headers">,
): Record<string, string> {
  const origin = headers.get("origin");
  const rule = origin === undefined ? undefined : rules.find((candidate) => fits(candidate, origin, method));
  return rule === undefined || origin === undefined ? {} : headersOf(rule, origin);
}

function headersOf({ origins, methods, exposed, maxAge }: CorsRule, origin: string): Record<string, string> {
  const isForAll = origins.includes("*");
  return {
    "access-control-allow-origin": isForAll ? "*" : origin,
    "access-control-allow-methods": methods.join(", "),
    ...(exposed.length > 0 && { "access-control-expose-headers": exposed.join(", ") }),
    ...(maxAge !== undefined && { "access-control-max-age": String(maxAge) }),
    ...(!isForAll && { "access-control-allow-credentials": "true" }),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}

function fits({ origins, methods }: CorsRule, origin: string, method: string): boolean {
  return methods.includes(method) && origins.some((allowed) => matches(allowed, origin));
}

function matches(pattern: string, text: string): boolean {
  const [start = "", end] = pattern.split("*");
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}

function refuse(error: S3Error): never {
  throw error;
}
