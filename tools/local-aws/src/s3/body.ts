import type { IncomingMessage } from "node:http";
import { BodyError, readBody } from "../signature/read-body.ts";
import { entityTooLarge, incompleteBody, malformedXml, S3Error } from "./errors.ts";
import { parseXml, type XmlNode } from "./xml.ts";

/** The largest object that one request can bring: https://docs.aws.amazon.com/general/latest/gr/s3.html */
export const MAX_UPLOAD = 5 * 1024 ** 3;

/** The largest request that is not an object's body: an XML document. */
export const MAX_DOCUMENT = 1024 ** 2;

/**
 * Reads a body whole, as it came over the wire.
 *
 * @param limit bytes
 * @throws {S3Error} EntityTooLarge; IncompleteBody when the client goes away before the end
 */
export async function readPayload(request: IncomingMessage, limit: number): Promise<Buffer> {
  try {
    return await readBody(request, limit);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    throw error.size === undefined ? incompleteBody() : entityTooLarge(error.size, limit);
  }
}

/** @throws {S3Error} MissingContentLength for an upload that does not say how large it is */
export function requireLength(headers: ReadonlyMap<string, string>): void {
  if (headers.has("content-length") || headers.has("x-amz-decoded-content-length")) return;
  throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.", 411);
}

/** @throws {S3Error} MalformedXML */
export function readXml(body: Buffer): XmlNode {
  try {
    return parseXml(body.toString());
  } catch {
    throw malformedXml();
  }
}
