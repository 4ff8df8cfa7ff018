import type { IncomingMessage } from "node:http";

/** Why a body could not be read. */
export class BodyError extends Error {
  /** Bytes that were sent or announced, where they were too many; undefined when the client went away. */
  readonly size: number | undefined;

  constructor(size: number | undefined) {
    super(size === undefined ? "the client went away" : `${size} bytes are too many`);
    this.size = size;
  }
}

/**
 * Reads a request's body whole.
 *
 * @param limit bytes
 * @throws {BodyError}
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > limit) throw new BodyError(announced);
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
    throw new BodyError(undefined);
  }
  if (size > limit) throw new BodyError(size);
  return Buffer.concat(chunks);
}
