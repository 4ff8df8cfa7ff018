import { type Body, stream } from "./bodies.ts";
import type { ObjectCall } from "./call.ts";
import { type ChecksumAlgorithm, type Digested, digestBody } from "./checksums.ts";
import { noSuchBucket, preconditionFailed } from "./errors.ts";
import { COPY_CONDITIONS } from "./operations.ts";
import { isNotModified } from "./preconditions.ts";
import { readCopySource } from "./request.ts";
import type { S3Object } from "./store.ts";
import { findObject } from "./versions.ts";

/**
 * The object that a request copies from, once it meets the request's conditions.
 *
 * @throws {S3Error} NoSuchBucket, NoSuchKey or AccessDenied, PreconditionFailed
 */
export function findCopySource(call: ObjectCall, header: string): S3Object {
  const { request, store } = call;
  const from = readCopySource(header);
  const bucket = store.get(from.bucket);
  if (bucket === undefined) throw noSuchBucket(from.bucket);
  const source = findObject(
    { ...call, request: { ...request, query: new Map() } },
    bucket,
    from.key,
    from.versionId,
  );
  const conditions = new Map(
    COPY_CONDITIONS.flatMap((name) => {
      const value = request.headers.get(name);
      return value === undefined ? [] : [[name.slice("x-amz-copy-source-".length), value]];
    }),
  );
  // A read would be answered 304; there is no copy that the client has already.
  if (isNotModified(conditions, source)) throw preconditionFailed("x-amz-copy-source-If-None-Match");
  return source;
}

/**
 * What is kept of a copy of an object's body, or of a part of it: as it is known of the object, where it is; otherwise
 * the body is read.
 *
 * @param algorithm of the checksum that is kept with the copy
 */
export async function digestCopy(
  source: S3Object,
  body: Body,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<Digested> {
  const { checksum, parts, etag } = source;
  if (body === source.body && parts === undefined && algorithm === checksum?.algorithm) {
    return { md5: etag.slice(1, -1), checksum };
  }
  const digest = digestBody(algorithm);
  for await (const chunk of stream(body)) digest.update(chunk as Buffer);
  return digest.digest();
}
