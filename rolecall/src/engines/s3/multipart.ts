import { childText, type XmlElement, type XmlNode } from "../../gate/xml.ts";
import { held, joinBodies, slice } from "./bodies.ts";
import { type Answer, type BucketCall, type ObjectCall, xmlAnswer } from "./call.ts";
import {
  badDigest,
  type Checksum,
  checksumAlgorithm,
  checksumElements,
  multipartChecksum,
  sentChecksum,
} from "./checksums.ts";
import { digestCopy, findCopySource } from "./copy-source.ts";
import {
  entityTooSmall,
  invalidArgument,
  invalidRequest,
  malformedXml,
  noSuchUpload,
  S3Error,
} from "./errors.ts";
import { compareKeys } from "./keys.ts";
import { nameWriter, optional, readLimit } from "./list-objects.ts";
import { objectHeaders } from "./object-headers.ts";
import { checksumHeaders, ENCRYPTION } from "./objects.ts";
import { readPartNumber } from "./part-number.ts";
import { requireWritable } from "./preconditions.ts";
import type { ByteRange } from "./range.ts";
import {
  etagOf,
  multipartEtag,
  newUploadId,
  type Part,
  type Upload,
  type UploadUnderWay,
  wholeSeconds,
} from "./store.ts";
import { versionHeader } from "./versions.ts";

/** Bytes of every part but the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART = 5 * 1024 ** 2;

export function createMultipartUpload({ request: { headers }, bucket, key, now }: ObjectCall): Answer {
  const kept = objectHeaders(headers);
  const checksum = readChecksum(headers);
  const upload: Upload = {
    id: newUploadId(),
    key,
    initiated: now,
    ...kept,
    checksum,
  };
  bucket.beginUpload(upload);
  return xmlAnswer(
    [
      "InitiateMultipartUploadResult",
      [
        ["Bucket", bucket.name],
        ["Key", key],
        ["UploadId", upload.id],
      ],
    ],
    {
      ...ENCRYPTION,
      ...(checksum && {
        "x-amz-checksum-algorithm": checksum.algorithm,
        "x-amz-checksum-type": checksum.type,
      }),
    },
  );
}

export async function uploadPart(call: ObjectCall): Promise<Answer> {
  const { request, now } = call;
  const number = readPartNumber(request.query.get("partNumber"));
  const expected = findUpload(call).checksum?.algorithm;
  using received = await call.receive(expected);
  const { body, md5, checksum } = received;
  if (checksum !== undefined && expected !== undefined && checksum.algorithm !== expected) {
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, actual checksum Type: ${checksum.algorithm.toLowerCase()}`,
    );
  }
  const part: Part = {
    number,
    body,
    size: body.size,
    etag: etagOf(md5),
    lastModified: wholeSeconds(now),
    checksum,
  };
  // It may have been aborted or completed while the part was on its way.
  findUpload(call).putPart(part);
  const { "x-amz-checksum-type": _, ...headers } = checksumHeaders(checksum);
  return { status: 200, headers: { etag: part.etag, ...ENCRYPTION, ...headers } };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
export async function uploadPartCopy(call: ObjectCall): Promise<Answer> {
  const { headers, query } = call.request;
  const number = readPartNumber(query.get("partNumber"));
  const algorithm = findUpload(call).checksum?.algorithm;
  const source = findCopySource(call, headers.get("x-amz-copy-source") ?? "");
  const range = copiedRange(headers.get("x-amz-copy-source-range"), source.size);
  const body = range === undefined ? source.body : slice(source.body, range);
  using _hold = held(body);
  const { md5, checksum } = await digestCopy(source, body, algorithm);
  const part: Part = {
    number,
    body,
    size: body.size,
    etag: etagOf(md5),
    lastModified: wholeSeconds(call.now),
    checksum,
  };
  findUpload(call).putPart(part);
  return xmlAnswer(
    [
      "CopyPartResult",
      [["ETag", part.etag], ["LastModified", part.lastModified.toISOString()], ...partChecksum(part)],
    ],
    ENCRYPTION,
  );
}

export async function completeMultipartUpload(call: ObjectCall): Promise<Answer> {
  const { request, bucket, key, now } = call;
  findUpload(call);
  const document = await call.document("object");
  const upload = findUpload(call);
  const parts = chooseParts(document, upload);
  requireWritable(request.headers, key, bucket.objects.get(key));
  const body = joinBodies(parts.map((part) => part.body));
  requireSize(request.headers.get("x-amz-mp-object-size"), body.size);
  const checksum = wholeChecksum(upload, parts);
  requireChecksum(request.headers, checksum, parts.length);
  const object = bucket.put({
    key,
    body,
    size: body.size,
    etag: multipartEtag(parts),
    lastModified: wholeSeconds(now),
    contentType: upload.contentType,
    headers: upload.headers,
    checksum,
    parts: parts.map(({ number, size, checksum: own }) => ({ number, size, checksum: own })),
  });
  bucket.endUpload(upload.id);
  call.publish("ObjectCreated:CompleteMultipartUpload", bucket, key, object);
  return xmlAnswer(
    [
      "CompleteMultipartUploadResult",
      [
        ["Location", `http://${request.headers.get("host") ?? ""}/${bucket.name}/${encodeURIComponent(key)}`],
        ["Bucket", bucket.name],
        ["Key", key],
        ["ETag", object.etag],
        ...checksumElements(checksum),
      ],
    ],
    { ...ENCRYPTION, ...versionHeader(object.versionId) },
  );
}

export function abortMultipartUpload(call: ObjectCall): Answer {
  call.bucket.endUpload(findUpload(call).id);
  return { status: 204 };
}

export function listParts(call: ObjectCall): Answer {
  const { query } = call.request;
  const upload = findUpload(call);
  const marker = Number(query.get("part-number-marker") ?? 0);
  const limit = readLimit(query, "max-parts");
  const later = [...upload.parts.values()]
    .filter(({ number }) => number > marker)
    .sort((left, right) => left.number - right.number);
  const page = later.slice(0, limit);
  const last = page.at(-1);
  return xmlAnswer([
    "ListPartsResult",
    [
      ["Bucket", call.bucket.name],
      ["Key", upload.key],
      ["UploadId", upload.id],
      ["Owner", [["ID", call.accountId]]],
      ["StorageClass", "STANDARD"],
      ["PartNumberMarker", marker],
      ...(last === undefined ? [] : ([["NextPartNumberMarker", last.number]] as const)),
      ["MaxParts", limit],
      ["IsTruncated", page.length < later.length],
      ...page.map(
        (part): XmlElement => [
          "Part",
          [
            ["PartNumber", part.number],
            ["LastModified", part.lastModified.toISOString()],
            ["ETag", part.etag],
            ["Size", part.size],
            ...partChecksum(part),
          ],
        ],
      ),
    ],
  ]);
}

export function listMultipartUploads({ request: { query }, bucket, accountId }: BucketCall): Answer {
  const write = nameWriter(query);
  const prefix = query.get("prefix") ?? "";
  const keyMarker = query.get("key-marker");
  const idMarker = query.get("upload-id-marker");
  const limit = readLimit(query, "max-uploads");
  const later = [...bucket.uploads.values()]
    .sort((left, right) => compareKeys(left.key, right.key) || compareKeys(left.id, right.id))
    .filter(({ key, id }) => {
      const order = compareKeys(key, keyMarker ?? "");
      const afterMarker =
        order > 0 || (order === 0 && idMarker !== undefined && compareKeys(id, idMarker) > 0);
      return key.startsWith(prefix) && (keyMarker === undefined || afterMarker);
    });
  const page = later.slice(0, limit);
  const truncated = page.length < later.length;
  const last = truncated ? page.at(-1) : undefined;
  return xmlAnswer([
    "ListMultipartUploadsResult",
    [
      ["Bucket", bucket.name],
      ["KeyMarker", write(keyMarker ?? "")],
      ["UploadIdMarker", idMarker ?? ""],
      ...optional("NextKeyMarker", last && write(last.key)),
      ...optional("NextUploadIdMarker", last?.id),
      ["Prefix", write(prefix)],
      ...optional("EncodingType", query.get("encoding-type")),
      ["MaxUploads", limit],
      ["IsTruncated", truncated],
      ...page.map(
        ({ key, id, initiated }): XmlElement => [
          "Upload",
          [
            ["Key", write(key)],
            ["UploadId", id],
            ["Owner", [["ID", accountId]]],
            ["StorageClass", "STANDARD"],
            ["Initiated", initiated.toISOString()],
          ],
        ],
      ),
    ],
  ]);
}

function findUpload({ request, bucket, key }: ObjectCall): UploadUnderWay {
  const id = request.query.get("uploadId") ?? "";
  const upload = bucket.uploads.get(id);
  if (upload === undefined || upload.key !== key) throw noSuchUpload(id);
  return upload;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
function readChecksum(headers: ReadonlyMap<string, string>): Upload["checksum"] {
  const name = headers.get("x-amz-checksum-algorithm");
  const asked = headers.get("x-amz-checksum-type");
  if (name === undefined) {
    if (asked === undefined) return undefined;
    throw invalidRequest(
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    );
  }
  const algorithm = checksumAlgorithm(name);
  const type = asked ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  if (type !== "COMPOSITE" && type !== "FULL_OBJECT") {
    throw invalidRequest("Value for x-amz-checksum-type header is invalid.");
  }
  // A hash of the whole cannot be put together from its parts' hashes, and CRC64NVME has no other form.
  const impossible = type === "COMPOSITE" ? algorithm === "CRC64NVME" : algorithm.startsWith("SHA");
  if (!impossible) return { algorithm, type };
  throw invalidRequest(
    `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  );
}

function partChecksum({ checksum }: Part): readonly XmlElement[] {
  return checksum === undefined ? [] : [[`Checksum${checksum.algorithm}`, checksum.value]];
}

/** Undefined for the whole object. */
function copiedRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  const name = "x-amz-copy-source-range";
  if (match === null || first > last) {
    throw invalidArgument(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
      name,
      header,
    );
  }
  if (last < size) return { start: first, end: last };
  throw invalidArgument(`Range specified is not valid for source object of size: ${size}`, name, header);
}

function requireSize(declared: string | undefined, computed: number): void {
  if (declared === undefined || declared === String(computed)) return;
  throw invalidRequest(
    `The provided 'x-amz-mp-object-size' header value ${declared} does not match what was computed: ${computed}`,
  );
}

/** Holds what the client says of the whole object against what it became. */
function requireChecksum(
  headers: ReadonlyMap<string, string>,
  computed: Checksum | undefined,
  parts: number,
): void {
  const type = headers.get("x-amz-checksum-type");
  if (type !== undefined && type !== computed?.type) {
    throw invalidRequest(
      `The upload was created using the ${computed?.type ?? "null"} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  const sent = sentChecksum(headers);
  if (sent === undefined) return;
  if (sent.algorithm !== computed?.algorithm) {
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${computed?.algorithm.toLowerCase() ?? "null"}, actual checksum Type: ${sent.algorithm.toLowerCase()}`,
    );
  }
  if (sent.value !== computed.value && `${sent.value}-${parts}` !== computed.value)
    throw badDigest(sent.algorithm);
}

/**
 * The parts that the client lists, each as it was uploaded.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompletedPart.html
 */
function chooseParts(root: XmlNode, upload: UploadUnderWay): readonly Part[] {
  if (root.name !== "CompleteMultipartUpload" || root.children.length === 0) throw malformedXml();
  let previous = 0;
  const parts = root.children.map((listed) => {
    const number = readPartNumber(childText(listed, "PartNumber"));
    const isInOrder = upload.checksum === undefined ? number > previous : number === previous + 1;
    if (!isInOrder) {
      throw new S3Error(
        "InvalidPartOrder",
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
        400,
        { UploadId: upload.id },
      );
    }
    previous = number;
    const part = upload.parts.get(number);
    const etag = (childText(listed, "ETag") ?? "").replaceAll('"', "");
    const checksum = part?.checksum && childText(listed, `Checksum${part.checksum.algorithm}`);
    if (part !== undefined && !checksum && upload.checksum?.type === "COMPOSITE") {
      throw invalidRequest(
        `The upload was created using a ${upload.checksum.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      );
    }
    if (part === undefined || part.etag !== `"${etag}"` || (checksum && checksum !== part.checksum?.value)) {
      throw new S3Error(
        "InvalidPart",
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        400,
        { UploadId: upload.id, PartNumber: number, ETag: etag },
      );
    }
    return part;
  });
  const small = parts.slice(0, -1).find(({ size }) => size < MIN_PART);
  if (small !== undefined) throw entityTooSmall(small.size, MIN_PART);
  return parts;
}

function wholeChecksum({ checksum }: Upload, parts: readonly Part[]): Checksum | undefined {
  if (checksum === undefined) return undefined;
  // Each part was given a checksum of the upload's algorithm, if it came with none.
  const values = parts.map((part) => ({ value: part.checksum?.value ?? "", size: part.size }));
  return multipartChecksum(checksum, values);
}
