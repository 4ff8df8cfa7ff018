import { noSuchKey, notImplemented, preconditionFailed } from "./errors.ts";
import type { S3Object } from "./store.ts";

type Headers = ReadonlyMap<string, string>;

/**
 * The conditions of a write.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 *
 * @throws {S3Error} PreconditionFailed; NoSuchKey when an object that must match is not there
 */
export function requireWritable(headers: Headers, key: string, existing: S3Object | undefined): void {
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== "*") throw notImplemented("a write with If-None-Match other than *");
    if (existing !== undefined) throw preconditionFailed("If-None-Match");
  }
  const ifMatch = headers.get("if-match");
  if (ifMatch === undefined) return;
  if (existing === undefined) throw noSuchKey(key);
  if (!matches(ifMatch, existing.etag)) throw preconditionFailed("If-Match");
}

/**
 * The condition of a deletion.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 *
 * @throws {S3Error} PreconditionFailed
 */
export function requireDeletable(headers: Headers, existing: S3Object | undefined): void {
  const ifMatch = headers.get("if-match");
  if (ifMatch === undefined || (existing !== undefined && matches(ifMatch, existing.etag))) return;
  throw preconditionFailed("If-Match");
}

/**
 * The conditions of a read, in the order of RFC 9110.
 *
 * @returns whether the client has this version already and is to be answered 304
 * @throws {S3Error} PreconditionFailed
 */
export function isNotModified(headers: Headers, { etag, lastModified }: S3Object): boolean {
  const ifMatch = headers.get("if-match");
  const ifUnmodifiedSince = date(headers.get("if-unmodified-since"));
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, etag)) throw preconditionFailed("If-Match");
  } else if (ifUnmodifiedSince !== undefined && lastModified > ifUnmodifiedSince) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  const ifNoneMatch = headers.get("if-none-match");
  const ifModifiedSince = date(headers.get("if-modified-since"));
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, etag);
  return ifModifiedSince !== undefined && lastModified <= ifModifiedSince;
}

function matches(list: string, etag: string): boolean {
  return list.split(",").some((item) => {
    const tag = item.trim().replace(/^W\//, "");
    return tag === "*" || tag === etag || `"${tag}"` === etag;
  });
}

/** A date that cannot be read is as good as none. */
function date(text: string | undefined): Date | undefined {
  const time = text === undefined ? undefined : new Date(text);
  return time === undefined || Number.isNaN(time.getTime()) ? undefined : time;
}
