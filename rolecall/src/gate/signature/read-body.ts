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
 * Hands a request's body over as it comes; the client waits while a chunk is dealt with. When that fails, the rest of
 * the body is read and forgotten, so that the client reads the answer.
 *
 * @param limit bytes
 * @throws {BodyError} and what `take` throws
 */
export async function takeBody(
  request: IncomingMessage,
  limit: number,
  take: (chunk: Buffer) => Promise<void> | undefined,
): Promise<void> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > limit) throw new BodyError(announced);
  let size = 0;
  try {
    // To destroy the request would take the answer's connection along.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > limit) throw new BodyError(size);
      const taken = take(chunk as Buffer);
      if (taken !== undefined) await taken;
    }
  } catch (error) {
    request.resume();
    throw request.errored === null ? error : new BodyError(undefined);
  }
}

/**
 * Reads a request's body whole.
 *
 * @param limit bytes
 * @throws {BodyError}
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await takeBody(request, limit, (chunk) => {
    chunks.push(chunk);
    return undefined;
  });
  return Buffer.concat(chunks);
}
