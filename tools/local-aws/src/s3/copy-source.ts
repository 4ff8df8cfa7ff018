import { absent, type ObjectCall } from "./call.ts";
import { noSuchBucket, preconditionFailed } from "./errors.ts";
import { COPY_CONDITIONS } from "./operations.ts";
import { isNotModified } from "./preconditions.ts";
import { readCopySource } from "./request.ts";
import type { S3Object } from "./store.ts";

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
  const source = bucket.objects.get(from.key);
  if (source === undefined) throw absent(call, from.bucket, from.key);
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
