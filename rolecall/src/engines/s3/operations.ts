import { invalidArgument, notImplemented, S3Error } from "./errors.ts";
import type { S3Request } from "./request.ts";
import { unservedOperation } from "./unserved.ts";

export type OperationName = (typeof OPERATIONS)[number]["name"];

interface OperationShape {
  readonly name: string;
  readonly method: string;
  readonly on: "service" | "bucket" | "object";
  /** The query parameters that tell this operation from others with the same method. */
  readonly sub?: readonly string[];
  /** The header that does. */
  readonly header?: string;
  /** Query parameters that it understands besides. */
  readonly query?: readonly string[];
  /** x-amz-* headers that it understands besides those that every request may have. */
  readonly headers?: readonly string[];
}

export interface Operation extends OperationShape {
  readonly name: OperationName;
}

const NEW_OBJECT = ["x-amz-acl", "x-amz-server-side-encryption", "x-amz-storage-class", "x-amz-tagging"];
const OVERRIDES = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
];
const READ_OBJECT = {
  query: ["partNumber", "versionId", ...OVERRIDES.map((name) => `response-${name}`)],
  headers: ["x-amz-checksum-mode"],
};
/** The conditions of a copy's source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export const COPY_CONDITIONS = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"].map(
  (name) => `x-amz-copy-source-${name}`,
);
const LIST = ["delimiter", "encoding-type", "max-keys", "prefix"];

/**
 * What is served, each row before those with fewer marks. Whatever fits no row is refused by name: an operation
 * answered as another one would go unnoticed.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
const OPERATIONS = [
  {
    name: "ListBuckets",
    method: "GET",
    on: "service",
    query: ["bucket-region", "continuation-token", "max-buckets", "prefix"],
  },

  { name: "GetBucketLocation", method: "GET", on: "bucket", sub: ["location"] },
  {
    name: "ListMultipartUploads",
    method: "GET",
    on: "bucket",
    sub: ["uploads"],
    query: ["encoding-type", "key-marker", "max-uploads", "prefix", "upload-id-marker"],
  },
  {
    name: "ListObjectsV2",
    method: "GET",
    on: "bucket",
    sub: ["list-type"],
    query: [...LIST, "continuation-token", "fetch-owner", "start-after"],
  },
  {
    name: "ListObjectVersions",
    method: "GET",
    on: "bucket",
    sub: ["versions"],
    query: [...LIST, "key-marker", "version-id-marker"],
  },
  { name: "GetBucketVersioning", method: "GET", on: "bucket", sub: ["versioning"] },
  { name: "ListObjects", method: "GET", on: "bucket", query: [...LIST, "marker"] },
  { name: "HeadBucket", method: "HEAD", on: "bucket" },
  { name: "DeleteObjects", method: "POST", on: "bucket", sub: ["delete"] },
  { name: "PostObject", method: "POST", on: "bucket", headers: NEW_OBJECT },

  {
    name: "ListParts",
    method: "GET",
    on: "object",
    sub: ["uploadId"],
    query: ["max-parts", "part-number-marker"],
  },
  {
    name: "GetObjectAttributes",
    method: "GET",
    on: "object",
    sub: ["attributes"],
    query: ["versionId"],
    headers: ["x-amz-max-parts", "x-amz-object-attributes", "x-amz-part-number-marker"],
  },
  { name: "GetObjectTagging", method: "GET", on: "object", sub: ["tagging"], query: ["versionId"] },
  { name: "GetObject", method: "GET", on: "object", ...READ_OBJECT },
  { name: "HeadObject", method: "HEAD", on: "object", ...READ_OBJECT },
  {
    name: "UploadPartCopy",
    method: "PUT",
    on: "object",
    sub: ["partNumber", "uploadId"],
    header: "x-amz-copy-source",
    headers: ["x-amz-copy-source", "x-amz-copy-source-range", ...COPY_CONDITIONS],
  },
  { name: "UploadPart", method: "PUT", on: "object", sub: ["partNumber", "uploadId"] },
  {
    name: "CopyObject",
    method: "PUT",
    on: "object",
    header: "x-amz-copy-source",
    headers: [
      ...NEW_OBJECT,
      ...COPY_CONDITIONS,
      "x-amz-checksum-algorithm",
      "x-amz-copy-source",
      "x-amz-metadata-directive",
      "x-amz-tagging-directive",
    ],
  },
  { name: "PutObject", method: "PUT", on: "object", headers: NEW_OBJECT },
  { name: "AbortMultipartUpload", method: "DELETE", on: "object", sub: ["uploadId"] },
  { name: "DeleteObject", method: "DELETE", on: "object", query: ["versionId"] },
  {
    name: "CreateMultipartUpload",
    method: "POST",
    on: "object",
    sub: ["uploads"],
    headers: [...NEW_OBJECT, "x-amz-checksum-algorithm", "x-amz-checksum-type"],
  },
  {
    name: "CompleteMultipartUpload",
    method: "POST",
    on: "object",
    sub: ["uploadId"],
    headers: ["x-amz-checksum-type", "x-amz-mp-object-size"],
  },
] as const satisfies readonly OperationShape[];

/** Headers that concern the transport or the signature, or that only ask for what happens anyway. */
const COMMON_HEADERS = new Set([
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-decoded-content-length",
  "x-amz-expected-bucket-owner",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-security-token",
  "x-amz-trailer",
  "x-amz-user-agent",
]);

/**
 * Names the operation that a request asks for.
 *
 * @throws {S3Error} NotImplemented, naming what is not served
 */
export function nameOperation(request: S3Request): Operation {
  const { method, bucket, key, query, headers } = request;
  const on = bucket === undefined ? "service" : key === undefined ? "bucket" : "object";
  const operation = (OPERATIONS as readonly Operation[]).find(
    (candidate) =>
      candidate.method === method &&
      candidate.on === on &&
      (candidate.sub ?? []).every((name) => query.has(name)) &&
      (candidate.header === undefined || headers.has(candidate.header)),
  );
  const known = new Set(["x-id", ...(operation?.sub ?? []), ...(operation?.query ?? [])]);
  const unknown = [...query.keys()].filter((name) => !known.has(name));
  if (operation === undefined || unknown.length > 0) {
    const parameters = unknown.map((name) => `?${name}`).join(", ");
    const asked = `${method} on ${ON_WHAT[on]}${parameters === "" ? "" : ` with ${parameters}`}`;
    const name = unservedOperation(method, on, unknown) ?? operation?.name;
    throw notImplemented(name === undefined ? asked : `${name} (${asked})`);
  }
  if (operation.name === "ListObjectsV2" && query.get("list-type") !== "2") {
    throw invalidArgument(
      "Invalid List Type specified in Request",
      "list-type",
      query.get("list-type") ?? "",
    );
  }
  return operation;
}

const ON_WHAT = { service: "the service", bucket: "a bucket", object: "an object" };

/**
 * Refuses what a header or form field asks for and nothing here gives. To be asked after IAM, whose decision on the
 * header comes first.
 *
 * @throws {S3Error} NotImplemented, AccessControlListNotSupported
 */
export function requireServedHeaders(operation: Operation, headers: ReadonlyMap<string, string>): void {
  const known = new Set<string>(operation.headers ?? []);
  for (const [name, value] of headers) {
    if (!name.startsWith("x-amz-") || COMMON_HEADERS.has(name) || name.startsWith("x-amz-meta-")) continue;
    if (known.has(name) ? !REFUSED_VALUES[name]?.(value) : isChecksum(name)) continue;
    throw notImplemented(`${operation.name} with ${name}: ${value}`);
  }
}

const isChecksum = (name: string) => /^x-amz-checksum-(?!algorithm$|mode$|type$)/.test(name);

const REFUSED_VALUES: Readonly<Record<string, (value: string) => boolean>> = {
  "x-amz-acl": (value) => {
    if (value === "bucket-owner-full-control") return false;
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    throw new S3Error("AccessControlListNotSupported", "The bucket does not allow ACLs", 400);
  },
  "x-amz-server-side-encryption": (value) => value !== "AES256",
  "x-amz-storage-class": (value) => value !== "STANDARD",
  "x-amz-tagging": () => true,
};
