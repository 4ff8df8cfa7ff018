import { content, slice } from "./bodies.ts";
import { type Answer, type ObjectCall, xmlAnswer } from "./call.ts";
import { type Checksum, checksumHeader } from "./checksums.ts";
import { invalidArgument, invalidRequest, S3Error } from "./errors.ts";
import { objectHeaders } from "./object-headers.ts";
import { readPartNumber } from "./part-number.ts";
import { isNotModified, requireDeletable, requireWritable } from "./preconditions.ts";
import { type ByteRange, readRange } from "./range.ts";
import { etagOf, type ObjectPart, type S3Object, wholeSeconds } from "./store.ts";
import { deleteFrom, findObject, requireVersionId, versionHeader } from "./versions.ts";

/** Every object is encrypted with S3's own keys unless asked otherwise, and S3 says so. */
export const ENCRYPTION = { "x-amz-server-side-encryption": "AES256" };

/** What S3 calls an object of which nobody said what it is. */
const DEFAULT_TYPE = "binary/octet-stream";

export async function putObject(call: ObjectCall): Promise<Answer> {
  const { request, bucket, key, now } = call;
  const kept = objectHeaders(request.headers);
  using received = await call.receive();
  const { body, md5, checksum } = received;
  // Nothing is awaited from here on, so of two writes that may not overwrite, one finds the other's object.
  requireWritable(request.headers, key, bucket.objects.get(key));
  const object = bucket.put({
    key,
    body,
    size: body.size,
    etag: etagOf(md5),
    lastModified: wholeSeconds(now),
    checksum,
    ...kept,
  });
  call.publish("ObjectCreated:Put", bucket, key, object);
  const version = versionHeader(object.versionId);
  return {
    status: 200,
    headers: { etag: object.etag, ...version, ...ENCRYPTION, ...checksumHeaders(checksum) },
  };
}

/** HeadObject as well, which is answered without the body. */
export function getObject(call: ObjectCall): Answer {
  const { request } = call;
  const object = findObject(call);
  const validators = {
    etag: object.etag,
    "last-modified": object.lastModified.toUTCString(),
    ...versionHeader(object.versionId),
  };
  if (isNotModified(request.headers, object)) return { status: 304, headers: validators };

  const { range, checksum, headers: selected } = select(object, request);
  const wantsChecksum = request.headers.get("x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
  const headers = {
    ...validators,
    "accept-ranges": "bytes",
    "content-type": object.contentType ?? DEFAULT_TYPE,
    ...object.headers,
    ...ENCRYPTION,
    ...(wantsChecksum ? checksumHeaders(checksum) : {}),
    ...overrides(request.query),
    ...selected,
  };
  const body = range === undefined ? object.body : slice(object.body, range);
  return {
    status: range === undefined ? 200 : 206,
    headers: { ...headers, "content-length": String(body.size) },
    ...(request.method === "HEAD" ? {} : { body: content(body) }),
  };
}

interface Selection {
  /** Undefined for the whole object. */
  readonly range: ByteRange | undefined;
  /** Of what is selected, where it is known. */
  readonly checksum: Checksum | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** What of an object a request wants: the whole, a range, or a part as it was uploaded. */
function select(object: S3Object, { query, headers }: ObjectCall["request"]): Selection {
  const partNumber = query.get("partNumber");
  const range = headers.get("range");
  if (partNumber === undefined) {
    const bytes = readRange(range, object.size);
    return {
      range: bytes,
      checksum: bytes === undefined ? object.checksum : undefined,
      headers: rangeHeaders(bytes, object),
    };
  }
  const number = readPartNumber(partNumber);
  if (range !== undefined) {
    throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
  }
  return selectPart(object, number);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, `partNumber` */
function selectPart(object: S3Object, number: number): Selection {
  // An object that came in one piece has one part.
  const whole: ObjectPart = { number: 1, size: object.size, checksum: object.checksum };
  const parts = object.parts ?? [whole];
  const index = parts.findIndex((part) => part.number === number);
  const part = parts[index];
  if (part === undefined) {
    throw new S3Error("InvalidPartNumber", "The requested partnumber is not satisfiable", 416, {
      ActualPartCount: parts.length,
      PartNumberRequested: number,
    });
  }
  const start = parts.slice(0, index).reduce((sum, { size }) => sum + size, 0);
  const range = { start, end: start + part.size - 1 };
  return {
    range,
    checksum: partChecksum(part, parts.length, object.checksum),
    headers: {
      ...rangeHeaders(range, object),
      ...(object.parts && { "x-amz-mp-parts-count": String(parts.length) }),
    },
  };
}

/** A checksum of the whole says nothing of one part among several, and S3 then leaves the part's own out as well. */
function partChecksum(
  { checksum }: ObjectPart,
  parts: number,
  whole: Checksum | undefined,
): Checksum | undefined {
  if (checksum === undefined || whole === undefined) return undefined;
  return whole.type === "COMPOSITE" || parts === 1 ? { ...checksum, type: whole.type } : undefined;
}

function rangeHeaders(range: ByteRange | undefined, { size }: S3Object): Record<string, string> {
  // No range can say that a part is empty.
  if (range === undefined || range.end < range.start) return {};
  return { "content-range": `bytes ${range.start}-${range.end}/${size}` };
}

/** An object here has no tags, because no operation that sets them is served. */
export function getObjectTagging(call: ObjectCall): Answer {
  const { versionId } = findObject(call);
  return xmlAnswer(["Tagging", [["TagSet", ""]]], versionHeader(versionId));
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html: what is not there is deleted as well. */
export function deleteObject(call: ObjectCall): Answer {
  const { request, bucket, key } = call;
  const asked = requireVersionId(request.query.get("versionId"));
  requireDeletable(request.headers, bucket.objects.get(key));
  const { versionId, isMarker } = deleteFrom(call, key, asked);
  const marker = isMarker ? { "x-amz-delete-marker": "true" } : {};
  return { status: 204, headers: { ...versionHeader(versionId), ...marker } };
}

export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum)]: checksum.value, "x-amz-checksum-type": checksum.type };
}

/** @throws {S3Error} InvalidArgument for a value that no header can carry */
function overrides(query: ReadonlyMap<string, string>): Record<string, string> {
  const asked = [...query].filter(([name]) => name.startsWith("response-"));
  for (const [name, value] of asked) {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw invalidArgument("Header value cannot be represented using ISO-8859-1.", name, value);
    }
  }
  return Object.fromEntries(asked.map(([name, value]) => [name.slice("response-".length), value]));
}
