import { MAX_UPLOAD, requireLength } from "./body.ts";
import { type Answer, absent, type ObjectCall } from "./call.ts";
import { type Checksum, checksumHeader } from "./checksums.ts";
import { objectHeaders } from "./object-headers.ts";
import { isNotModified, requireDeletable, requireWritable } from "./preconditions.ts";
import { readRange } from "./range.ts";
import { etagOf, type S3Object, wholeSeconds } from "./store.ts";

/** Every object is encrypted with S3's own keys unless asked otherwise, and S3 says so. */
export const ENCRYPTION = { "x-amz-server-side-encryption": "AES256" };

/** What S3 calls an object of which nobody said what it is. */
const DEFAULT_TYPE = "binary/octet-stream";

export async function putObject(call: ObjectCall): Promise<Answer> {
  const { request, bucket, key, now } = call;
  requireLength(request.headers);
  const kept = objectHeaders(request.headers);
  const { body, checksum } = await call.payload(MAX_UPLOAD);
  // Nothing is awaited from here on, so of two writes that may not overwrite, one finds the other's object.
  requireWritable(request.headers, key, bucket.objects.get(key));
  const object: S3Object = {
    key,
    body,
    size: body.length,
    etag: etagOf(body),
    lastModified: wholeSeconds(now),
    checksum,
    ...kept,
  };
  bucket.objects.set(key, object);
  call.publish("ObjectCreated:Put", bucket, key, object);
  return { status: 200, headers: { etag: object.etag, ...ENCRYPTION, ...checksumHeaders(checksum) } };
}

/** HeadObject is this without the body, which an HTTP server leaves out by itself. */
export function getObject(call: ObjectCall): Answer {
  const { request, bucket, key } = call;
  const object = bucket.objects.get(key);
  if (object === undefined) throw absent(call, bucket.name, key);
  const validators = { etag: object.etag, "last-modified": object.lastModified.toUTCString() };
  if (isNotModified(request.headers, object)) return { status: 304, headers: validators };

  const range = readRange(request.headers.get("range"), object.size);
  const wantsChecksum = request.headers.get("x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
  const headers = {
    ...validators,
    "accept-ranges": "bytes",
    "content-type": object.contentType ?? DEFAULT_TYPE,
    ...object.headers,
    ...ENCRYPTION,
    ...(wantsChecksum && range === undefined ? checksumHeaders(object.checksum) : {}),
    ...overrides(request.query),
  };
  if (range === undefined) {
    return { status: 200, headers: { ...headers, "content-length": String(object.size) }, body: object.body };
  }
  const body = object.body.subarray(range.start, range.end + 1);
  return {
    status: 206,
    headers: {
      ...headers,
      "content-length": String(body.length),
      "content-range": `bytes ${range.start}-${range.end}/${object.size}`,
    },
    body,
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html: what is not there is deleted as well. */
export function deleteObject({ request, bucket, key, publish }: ObjectCall): Answer {
  requireDeletable(request.headers, bucket.objects.get(key));
  if (bucket.objects.delete(key)) publish("ObjectRemoved:Delete", bucket, key);
  return { status: 204 };
}

export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum)]: checksum.value, "x-amz-checksum-type": checksum.type };
}

function overrides(query: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...query].flatMap(([name, value]) =>
      name.startsWith("response-") ? [[name.slice("response-".length), value]] : [],
    ),
  );
}
