import type { IncomingMessage } from "node:http";
import { BodyError, takeBody } from "../../gate/signature/read-body.ts";
import { createPayloadReader, isChunked } from "../../gate/signature/verify-payload.ts";
import type { PayloadProof } from "../../gate/signature/verify-request.ts";
import { parseXml, type XmlNode } from "../../gate/xml.ts";
import { type Body, type BodyStore, letGo } from "./bodies.ts";
import type { BodyCheck, Digested } from "./checksums.ts";
import { entityTooLarge, incompleteBody, malformedXml, S3Error } from "./errors.ts";

/** Bytes of the largest object that one request can bring: https://docs.aws.amazon.com/general/latest/gr/s3.html */
export const MAX_UPLOAD = 5 * 1024 ** 3;

/** Bytes of the largest request that is not an object's body. */
const MAX_DOCUMENT = 1024 ** 2;

/** A body that came whole and is what its sender says that it is. Held until it is disposed of. */
export interface Received extends Digested, Disposable {
  readonly body: Body;
}

/** Takes a body into the store while it comes. */
export interface Intake {
  /** @returns once more can be taken; undefined for at once */
  write(chunk: Buffer): Promise<void> | undefined;
  /**
   * @param trailers headers that followed the body, by name in lower case
   * @throws {S3Error} when the body is not what was said of it
   */
  finish(trailers: ReadonlyMap<string, string>): Promise<Received>;
  /** Leaves nothing behind of a body that was not finished. */
  discard(): Promise<void>;
}

export function createIntake(bodies: BodyStore, check: BodyCheck): Intake {
  const writer = bodies.begin();
  return {
    write(chunk) {
      check.update(chunk);
      return writer.write(chunk);
    },
    async finish(trailers) {
      const digested = check.end(trailers);
      const body = await writer.finish();
      return { ...digested, body, [Symbol.dispose]: () => letGo(body) };
    },
    discard: writer.discard,
  };
}

/** A request whose signature was verified, and whose body was not read yet. */
export interface VerifiedWire {
  readonly incoming: IncomingMessage;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: PayloadProof;
}

/**
 * Takes an object's or a part's body into the store, and holds it against the signature and every checksum. Nothing is
 * left of a body that does not come whole or is another one.
 *
 * @throws {S3Error} MissingContentLength, EntityTooLarge; IncompleteBody when the client goes away before the end; what
 *   `check` throws
 * @throws {SignatureError}
 */
export async function receiveBody(
  wire: VerifiedWire,
  bodies: BodyStore,
  check: BodyCheck,
): Promise<Received> {
  requireLength(wire.headers);
  const intake = createIntake(bodies, check);
  try {
    return await intake.finish(await takePayload(wire, MAX_UPLOAD, intake.write));
  } catch (error) {
    await intake.discard();
    throw error;
  }
}

/**
 * Reads an XML document, and holds it against the signature and every checksum.
 *
 * @param check left out where the request's checksums are of something else
 * @throws {S3Error} MalformedXML, EntityTooLarge, IncompleteBody; what `check` throws
 * @throws {SignatureError}
 */
export async function receiveDocument(wire: VerifiedWire, check?: BodyCheck): Promise<XmlNode> {
  const chunks: Buffer[] = [];
  const trailers = await takePayload(wire, MAX_DOCUMENT, (chunk) => {
    check?.update(chunk);
    chunks.push(chunk);
    return undefined;
  });
  check?.end(trailers);
  try {
    return parseXml(Buffer.concat(chunks).toString());
  } catch {
    throw malformedXml();
  }
}

/** An upload says how large it is. */
function requireLength(headers: ReadonlyMap<string, string>): void {
  if (headers.has("content-length") || headers.has("x-amz-decoded-content-length")) return;
  throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.", 411);
}

async function takePayload(
  { incoming, headers, payload }: VerifiedWire,
  limit: number,
  take: (chunk: Buffer) => Promise<void> | undefined,
): Promise<ReadonlyMap<string, string>> {
  const announced = headers.get("x-amz-decoded-content-length");
  const decodedLength = announced === undefined ? undefined : Number(announced);
  const reader = createPayloadReader(payload, decodedLength);
  const chunked = isChunked(payload);
  if (chunked && decodedLength !== undefined && decodedLength > limit) {
    throw entityTooLarge(decodedLength, limit);
  }
  let size = 0;
  try {
    // What comes in chunks is longer than what they carry.
    await takeBody(incoming, chunked ? Number.POSITIVE_INFINITY : limit, (bytes) => {
      const chunks = reader.read(bytes);
      size = chunks.reduce((sum, { length }) => sum + length, size);
      if (size > limit) throw entityTooLarge(size, limit);
      return chunks.length > 1 ? takeAll(chunks, take) : chunks[0] && take(chunks[0]);
    });
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    throw error.size === undefined ? incompleteBody() : entityTooLarge(error.size, limit);
  }
  return reader.end();
}

async function takeAll(
  chunks: readonly Buffer[],
  take: (chunk: Buffer) => Promise<void> | undefined,
): Promise<void> {
  for (const chunk of chunks) await take(chunk);
}
