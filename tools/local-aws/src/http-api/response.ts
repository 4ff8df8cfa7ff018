import { validateHeaderName, validateHeaderValue } from "node:http";

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

/** A response of API Gateway's own. */
export function gatewayResponse(status: number, message: string): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/** API Gateway writes these itself. */
const ownHeaders = new Set(["connection", "content-length", "transfer-encoding"]);

/**
 * Reads a function's answer: an object with `statusCode` says it all; any other JSON is the body of a 200.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response
 *
 * @throws Error when the answer is malformed; the caller gets a 500 then, and never learns why.
 */
export function readResponse(answer: unknown): HttpResponse {
  if (!isObject(answer) || !("statusCode" in answer)) {
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(text) };
  }
  const status = Number(answer.statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new Error(`statusCode ${JSON.stringify(answer.statusCode)} is no HTTP status`);
  }
  const { body = "", isBase64Encoded = false } = answer;
  if (typeof body !== "string" && body !== null) throw new Error("body is neither text nor absent");
  if (typeof isBase64Encoded !== "boolean") throw new Error("isBase64Encoded is neither true nor false");
  return {
    status,
    headers: readHeaders(answer.headers ?? {}, answer.cookies ?? []),
    body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
  };
}

function readHeaders(headers: unknown, cookies: unknown): Record<string, string | readonly string[]> {
  if (!isObject(headers)) throw new Error("headers is no object");
  if (!Array.isArray(cookies) || !cookies.every((cookie) => typeof cookie === "string")) {
    throw new Error("cookies is no list of strings");
  }
  const read: Record<string, string | readonly string[]> = { "content-type": "text/plain;charset=UTF-8" };
  for (const [name, value] of Object.entries(headers)) {
    if (value === null || typeof value === "object") throw new Error(`the header ${name} is no text`);
    validateHeaderName(name);
    validateHeaderValue(name, String(value));
    if (!ownHeaders.has(name.toLowerCase())) read[name.toLowerCase()] = String(value);
  }
  for (const cookie of cookies) validateHeaderValue("set-cookie", cookie);
  if (cookies.length > 0) read["set-cookie"] = cookies;
  return read;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
