import type { IncomingMessage } from "node:http";
import * as v from "valibot";
import { HttpError } from "./errors.ts";

/** Bytes. Nothing that the page asks in JSON comes near it. */
const largestJson = 64 * 1024;

/**
 * Reads a request's body.
 *
 * @param limit Bytes.
 * @throws {HttpError} 413 for more, without reading on
 */
export async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer<ArrayBuffer>> {
  const tooLarge = () => new HttpError(413, `The body is larger than ${limit} bytes.`);
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws {HttpError} 415 for another type than JSON, 400 for what is not of the schema, 413 */
export async function readJson<const Schema extends v.GenericSchema>(
  request: IncomingMessage,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  if (request.headers["content-type"] !== "application/json") {
    throw new HttpError(415, "The body has to be application/json.");
  }
  const text = (await readBytes(request, largestJson)).toString();
  const result = v.safeParse(schema, parse(text));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new HttpError(400, [v.getDotPath(issue), issue.message].filter(Boolean).join(": "));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, "The body is no JSON.");
  }
}
