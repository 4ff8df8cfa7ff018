import type { IncomingMessage } from "node:http";
import { entityTooLarge, incompleteBody, S3Error } from "./errors.ts";

/** The largest object that one request can bring: https://docs.aws.amazon.com/general/latest/gr/s3.html */
export const MAX_UPLOAD = 5 * 1024 ** 3;

/** The largest request that is not an object's body: an XML document. */
export const MAX_DOCUMENT = 1024 ** 2;

/**
 * Reads a body whole.
 *
 * @param limit bytes
 * @throws {S3Error} EntityTooLarge; IncompleteBody when the client goes away before the end
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > limit) throw entityTooLarge(announced, limit);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // To destroy the request would take the answer's connection along.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > limit) break;
      chunks.push(chunk as Buffer);
    }
  } catch {
    throw incompleteBody();
  }
  if (size > limit) throw entityTooLarge(size, limit);
  return Buffer.concat(chunks);
}

/** @throws {S3Error} MissingContentLength for an upload that does not say how large it is */
export function requireLength(headers: ReadonlyMap<string, string>): void {
  if (headers.has("content-length") || headers.has("x-amz-decoded-content-length")) return;
  throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.", 411);
}
