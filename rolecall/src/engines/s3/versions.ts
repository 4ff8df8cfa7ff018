import type { XmlElement } from "../../gate/xml.ts";
import { type Answer, absent, type BucketCall, type ObjectCall, xmlAnswer } from "./call.ts";
import { invalidArgument, methodNotAllowed, noSuchVersion, S3Error } from "./errors.ts";
import { compareKeys } from "./keys.ts";
import { nameWriter, optional, readLimit } from "./list-objects.ts";
import { type Bucket, isDeleteMarker, type S3Object, type Version } from "./store.ts";

/*
 * Versions of objects.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
 */

/** What a bucket without versions calls the one version that an object has. */
const NULL_VERSION = "null";

/** @throws {S3Error} InvalidArgument for what is no version's id. */
export function requireVersionId(versionId: string | undefined): string | undefined {
  if (versionId === undefined || versionId === NULL_VERSION || /^[\w.-]{32}$/.test(versionId))
    return versionId;
  throw invalidArgument("Invalid version id specified", "versionId", versionId);
}

/**
 * The object that a request names, or the version of it.
 *
 * @throws {S3Error} NoSuchKey, NoSuchVersion or AccessDenied; MethodNotAllowed for a delete marker
 */
export function findObject(call: ObjectCall, bucket = call.bucket, key = call.key, asked?: string): S3Object {
  const versionId = requireVersionId(asked ?? call.request.query.get("versionId"));
  const current = bucket.objects.get(key);
  if (versionId === undefined) {
    if (current !== undefined) return current;
    const marker = bucket.versions(key).at(-1);
    const error = absent(call, bucket.name, key);
    throw marker === undefined ? error : withHeaders(error, markerHeaders(marker));
  }
  const version = findVersion(bucket, key, versionId);
  if (version === undefined) {
    const error = absent(call, bucket.name, key);
    throw error.code === "NoSuchKey" ? noSuchVersion(key, versionId) : error;
  }
  if (isDeleteMarker(version)) throw methodNotAllowed(markerHeaders(version));
  return version;
}

function findVersion(bucket: Bucket, key: string, versionId: string): Version | undefined {
  if (!bucket.versioned) return versionId === NULL_VERSION ? bucket.objects.get(key) : undefined;
  return bucket.versions(key).find((version) => version.versionId === versionId);
}

function markerHeaders({ versionId }: Version): Record<string, string> {
  return { "x-amz-delete-marker": "true", ...versionHeader(versionId) };
}

function withHeaders(error: S3Error, headers: Readonly<Record<string, string>>): S3Error {
  return new S3Error(error.code, error.message, error.status, error.details, {
    ...error.headers,
    ...headers,
  });
}

/** None where the bucket has no versions. */
export function versionHeader(versionId: string | undefined): Record<string, string> {
  return versionId === undefined ? {} : { "x-amz-version-id": versionId };
}

/** What a deletion came to. */
export interface Deletion {
  /** Of the version that was deleted, or of the marker that was made. */
  readonly versionId?: string | undefined;
  /** Whether a delete marker was made, or deleted. */
  readonly isMarker: boolean;
}

/** Deletes an object or one version of it, and tells those who want to know. */
export function deleteFrom(
  { bucket, publish, now }: BucketCall,
  key: string,
  versionId: string | undefined,
): Deletion {
  if (versionId !== undefined && bucket.versioned) {
    const version = bucket.removeVersion(key, versionId);
    if (version === undefined) return { versionId, isMarker: false };
    publish("ObjectRemoved:Delete", bucket, key, undefined, versionId);
    return { versionId, isMarker: isDeleteMarker(version) };
  }
  if (bucket.versioned) {
    const marker = bucket.mark(key, now);
    publish("ObjectRemoved:DeleteMarkerCreated", bucket, key, undefined, marker.versionId);
    return { versionId: marker.versionId, isMarker: true };
  }
  if (bucket.remove(key)) publish("ObjectRemoved:Delete", bucket, key);
  return { isMarker: false };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html */
export function getBucketVersioning({ bucket }: BucketCall): Answer {
  return xmlAnswer(["VersioningConfiguration", bucket.versioned ? [["Status", "Enabled"]] : ""]);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
export function listObjectVersions({ request: { query }, bucket, accountId }: BucketCall): Answer {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const keyMarker = query.get("key-marker") ?? "";
  const versionMarker = query.get("version-id-marker");
  const maxKeys = readLimit(query, "max-keys");
  const write = nameWriter(query);
  if (versionMarker !== undefined && keyMarker === "") {
    throw invalidArgument(
      "A version-id marker cannot be specified without a key marker.",
      "version-id-marker",
      versionMarker,
    );
  }
  const entries: XmlElement[] = [];
  const groups: XmlElement[] = [];
  let last: { readonly key: string; readonly versionId: string } | undefined;
  let isTruncated = false;
  for (const { key, versions } of inOrder(bucket, prefix)) {
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const group = end < 0 ? undefined : key.slice(0, end + delimiter.length);
    if (group !== undefined) {
      if (compareKeys(group, keyMarker) <= 0 || last?.key === group) continue;
      if (entries.length + groups.length >= maxKeys) {
        isTruncated = true;
        break;
      }
      groups.push(["CommonPrefixes", [["Prefix", write(group)]]]);
      last = { key: group, versionId: "" };
      continue;
    }
    const order = compareKeys(key, keyMarker);
    if (order < 0 || (order === 0 && versionMarker === undefined)) continue;
    const from = order > 0 ? 0 : versions.findIndex((one) => one.versionId === versionMarker) + 1;
    for (const [index, version] of versions.entries()) {
      if (index < from) continue;
      if (entries.length + groups.length >= maxKeys) {
        isTruncated = true;
        break;
      }
      entries.push(entry(version, index === 0, write, accountId));
      last = { key, versionId: version.versionId ?? NULL_VERSION };
    }
    if (isTruncated) break;
  }
  return xmlAnswer([
    "ListVersionsResult",
    [
      ["Name", bucket.name],
      ["Prefix", write(prefix)],
      ["KeyMarker", write(keyMarker)],
      ["VersionIdMarker", versionMarker ?? ""],
      ...(isTruncated && last
        ? ([
            ["NextKeyMarker", write(last.key)],
            ["NextVersionIdMarker", last.versionId],
          ] as const)
        : []),
      ["MaxKeys", maxKeys],
      ...optional("Delimiter", delimiter === "" ? undefined : write(delimiter)),
      ...optional("EncodingType", query.get("encoding-type")),
      ["IsTruncated", isTruncated],
      ...entries,
      ...groups,
    ],
  ]);
}

/** By key, and of each key the latest first. */
function inOrder(
  bucket: Bucket,
  prefix: string,
): { readonly key: string; readonly versions: readonly Version[] }[] {
  const all = bucket.versioned
    ? bucket.versionedKeys().map((key) => ({ key, versions: bucket.versions(key).toReversed() }))
    : [...bucket.objects.values()].map((object) => ({ key: object.key, versions: [object] }));
  return all
    .filter(({ key }) => key.startsWith(prefix))
    .sort((left, right) => compareKeys(left.key, right.key));
}

function entry(
  version: Version,
  isLatest: boolean,
  write: (name: string) => string,
  accountId: string,
): XmlElement {
  const common: XmlElement[] = [
    ["Key", write(version.key)],
    ["VersionId", version.versionId ?? NULL_VERSION],
    ["IsLatest", isLatest],
    ["LastModified", version.lastModified.toISOString()],
    ["Owner", [["ID", accountId]]],
  ];
  if (isDeleteMarker(version)) return ["DeleteMarker", common];
  return [
    "Version",
    [...common, ["ETag", version.etag], ["Size", version.size], ["StorageClass", "STANDARD"]],
  ];
}
