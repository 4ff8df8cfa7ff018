import * as v from "valibot";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

const scalar = v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String));

const answerSchema = v.object({
  statusCode: v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]),
    v.integer(),
    v.minValue(200),
    v.maxValue(599),
  ),
  headers: v.nullish(v.record(v.string(), scalar)),
  cookies: v.nullish(v.array(v.string())),
  body: v.nullish(v.string()),
  isBase64Encoded: v.nullish(v.boolean()),
});

/** What API Gateway itself answers. */
export function message(status: number, text: string): HttpAnswer {
  const body = Buffer.from(JSON.stringify({ message: text }));
  return { status, headers: { "content-type": "application/json" }, cookies: [], body };
}

export const forbidden = message(403, "Forbidden");
export const notFound = message(404, "Not Found");
export const tooLarge = message(413, "Request Entity Too Large");
export const internalError = message(500, "Internal Server Error");
export const unavailable = message(503, "Service Unavailable");

/**
 * Turns what a function returned into an answer: as it says by `statusCode`, or, without one, 200 with the value as
 * JSON; undefined for a malformed one, which API Gateway answers with 500.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response
 */
export function answerOf(payload: unknown): HttpAnswer | undefined {
  const isStructured = typeof payload === "object" && payload !== null && "statusCode" in payload;
  if (!isStructured) {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      cookies: [],
      body: Buffer.from(text),
    };
  }
  const result = v.safeParse(answerSchema, payload);
  if (!result.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = result.output;
  const named = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    status: statusCode,
    headers: { "content-type": "text/plain;charset=UTF-8", ...Object.fromEntries(named) },
    cookies: cookies ?? [],
    body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
  };
}
