import { validateHeaderName, validateHeaderValue } from "node:http";

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

/** A response of the service's own. */
export function jsonResponse(
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: Buffer.from(JSON.stringify(json)),
  };
}

/**
 * What a function says of the connection or in API Gateway's name never leaves it: a wrong length would break the
 * answer, and a connection is none of the function's.
 */
const ownHeaders = new Set([
  "apigw-requestid",
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Reads a function's answer by format 2.0: an object with `statusCode` says it all; any other JSON is the body of a 200, a text as it
 * is. `multiValueHeaders` belongs to format 1.0 and is passed over, as on AWS. That a body which is no text fails is
 * what AWS does; of what it makes of other wrong types nothing is documented, and they fail here as well.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response
 *
 * @throws Error when the answer is malformed; the caller gets a 500 then, and never learns why.
 */
export function readResponseV2(answer: unknown): HttpResponse {
  if (!isObject(answer) || !("statusCode" in answer)) {
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(text) };
  }
  const { body, isBase64Encoded } = answer;
  if (typeof body !== "string" && body !== undefined && body !== null) {
    throw new Error("body is neither text nor absent");
  }
  if (typeof isBase64Encoded !== "boolean" && isBase64Encoded !== undefined && isBase64Encoded !== null) {
    throw new Error("isBase64Encoded is neither true nor false");
  }
  return {
    status: readStatus(answer.statusCode),
    headers: readHeaders(answer.headers ?? {}, answer.cookies ?? []),
    body: isBase64Encoded ? decodeBase64(body ?? "") : Buffer.from(body ?? ""),
  };
}

/**
 * Reads a function's answer by format 1.0: an object with `statusCode`, where `multiValueHeaders` win over `headers`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
 *
 * @param defaultType of an answer that names no content type
 * @param decodes whether a body in base64 is decoded, by its content type; a REST API passes it on as it is otherwise
 * @throws Error when the answer is malformed.
 */
export function readResponseV1(
  answer: unknown,
  defaultType: string,
  decodes: (contentType: string) => boolean = () => true,
): HttpResponse {
  if (!isObject(answer)) throw new Error("the answer is no object");
  const { body, isBase64Encoded, headers = {}, multiValueHeaders = {} } = answer;
  if (typeof body !== "string" && body !== undefined && body !== null) {
    throw new Error("body is neither text nor absent");
  }
  const single = readHeaders(headers ?? {}, [], defaultType);
  const read: Record<string, string | readonly string[]> = { ...single };
  if (!isObject(multiValueHeaders ?? {})) throw new Error("multiValueHeaders is no object");
  for (const [name, values] of Object.entries(multiValueHeaders ?? {})) {
    if (!Array.isArray(values)) throw new Error(`multiValueHeaders: ${name} is no list`);
    const texts = values.map((value) => headerText(name, value));
    if (!ownHeaders.has(name.toLowerCase()) && texts.length > 0) read[name.toLowerCase()] = texts;
  }
  const isDecoded = isBase64Encoded === true && decodes(String(read["content-type"]));
  return {
    status: readStatus(answer.statusCode),
    headers: read,
    body: isDecoded ? decodeBase64(body ?? "") : Buffer.from(body ?? ""),
  };
}

/** A number, or its digits as a text; no interim status, which would not end the exchange. */
function readStatus(statusCode: unknown): number {
  const status =
    typeof statusCode === "string" && /^\d{3}$/.test(statusCode) ? Number(statusCode) : statusCode;
  if (typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new Error(`statusCode ${JSON.stringify(statusCode)} is no HTTP status`);
}

/** Strictly: `Buffer` passes over what is no base64, and the caller would get half of the bytes. */
function decodeBase64(body: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(body) || body.length % 4 !== 0) {
    throw new Error("body is not the base64 that isBase64Encoded promises");
  }
  return Buffer.from(body, "base64");
}

function readHeaders(
  headers: unknown,
  cookies: unknown,
  defaultType = "text/plain;charset=UTF-8",
): Record<string, string | readonly string[]> {
  if (!isObject(headers)) throw new Error("headers is no object");
  if (!Array.isArray(cookies) || !cookies.every((cookie) => typeof cookie === "string")) {
    throw new Error("cookies is no list of strings");
  }
  const read: Record<string, string | readonly string[]> = { "content-type": defaultType };
  const setCookie = [...cookies];
  for (const [name, value] of Object.entries(headers)) {
    const text = headerText(name, value);
    const lowered = name.toLowerCase();
    if (lowered === "set-cookie") setCookie.unshift(text);
    else if (!ownHeaders.has(lowered)) read[lowered] = text;
  }
  for (const cookie of cookies) validateHeaderValue("set-cookie", cookie);
  if (setCookie.length > 0) read["set-cookie"] = setCookie;
  return read;
}

function headerText(name: string, value: unknown): string {
  if (!["string", "number", "boolean"].includes(typeof value))
    throw new Error(`the header ${name} is no text`);
  validateHeaderName(name);
  validateHeaderValue(name, String(value));
  return String(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
