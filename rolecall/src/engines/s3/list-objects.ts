import type { XmlElement } from "../../gate/xml.ts";
import { type Answer, type BucketCall, xmlAnswer } from "./call.ts";
import { invalidArgument } from "./errors.ts";
import { compareKeys, encodeKey } from "./keys.ts";
import type { S3Object } from "./store.ts";

const MAX_KEYS = 1000;

export interface Page {
  readonly objects: readonly S3Object[];
  readonly commonPrefixes: readonly string[];
  /** The last key or common prefix of this page, where more follow. */
  readonly next: string | undefined;
}

export interface PageOptions {
  readonly prefix: string;
  readonly delimiter: string;
  /** A key or a common prefix that came before. */
  readonly after: string;
  readonly maxKeys: number;
}

/** One page of a listing, in the order of the keys' UTF-8 bytes. */
export function listPage(
  objects: Iterable<S3Object>,
  { prefix, delimiter, after, maxKeys }: PageOptions,
): Page {
  const candidates = [...objects]
    .filter(({ key }) => key.startsWith(prefix) && compareKeys(key, after) > 0)
    .sort((left, right) => compareKeys(left.key, right.key));
  const page: S3Object[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  for (const object of candidates) {
    const end = delimiter === "" ? -1 : object.key.indexOf(delimiter, prefix.length);
    const group = end < 0 ? undefined : object.key.slice(0, end + delimiter.length);
    if (group !== undefined && (group === after || group === commonPrefixes.at(-1))) continue;
    if (page.length + commonPrefixes.length >= maxKeys) {
      return { objects: page, commonPrefixes, next: last };
    }
    if (group === undefined) page.push(object);
    else commonPrefixes.push(group);
    last = group ?? object.key;
  }
  return { objects: page, commonPrefixes, next: undefined };
}

export function listObjectsV2({ request: { query }, bucket, accountId }: BucketCall): Answer {
  const token = query.get("continuation-token");
  const startAfter = query.get("start-after");
  const { prefix, delimiter, maxKeys, write } = readOptions(query);
  const after = token === undefined ? (startAfter ?? "") : readToken(token);
  const { objects, commonPrefixes, next } = listPage(bucket.objects.values(), {
    prefix,
    delimiter,
    after,
    maxKeys,
  });
  const owner: XmlElement[] = query.get("fetch-owner") === "true" ? [["Owner", [["ID", accountId]]]] : [];
  return xmlAnswer([
    "ListBucketResult",
    [
      ["Name", bucket.name],
      ["Prefix", write(prefix)],
      ...optional("StartAfter", startAfter === undefined ? undefined : write(startAfter)),
      ...optional("ContinuationToken", token),
      ...optional("NextContinuationToken", next === undefined ? undefined : writeToken(next)),
      ["KeyCount", objects.length + commonPrefixes.length],
      ["MaxKeys", maxKeys],
      ...optional("Delimiter", delimiter === "" ? undefined : write(delimiter)),
      ...optional("EncodingType", query.get("encoding-type")),
      ["IsTruncated", next !== undefined],
      ...objects.map((object) => contents(object, write, owner)),
      ...commonPrefixes.map((name): XmlElement => ["CommonPrefixes", [["Prefix", write(name)]]]),
    ],
  ]);
}

export function listObjects({ request: { query }, bucket, accountId }: BucketCall): Answer {
  const marker = query.get("marker") ?? "";
  const { prefix, delimiter, maxKeys, write } = readOptions(query);
  const page = listPage(bucket.objects.values(), { prefix, delimiter, after: marker, maxKeys });
  const { objects, commonPrefixes, next } = page;
  return xmlAnswer([
    "ListBucketResult",
    [
      ["Name", bucket.name],
      ["Prefix", write(prefix)],
      ["Marker", write(marker)],
      // Without a delimiter the last key of the page is the next marker, and S3 leaves it at that.
      ...optional("NextMarker", next === undefined || delimiter === "" ? undefined : write(next)),
      ["MaxKeys", maxKeys],
      ...optional("Delimiter", delimiter === "" ? undefined : write(delimiter)),
      ...optional("EncodingType", query.get("encoding-type")),
      ["IsTruncated", next !== undefined],
      ...objects.map((object) => contents(object, write, [["Owner", [["ID", accountId]]]])),
      ...commonPrefixes.map((name): XmlElement => ["CommonPrefixes", [["Prefix", write(name)]]]),
    ],
  ]);
}

/** How names are written: as they are, or encoded where the client asked for it. */
export function nameWriter(query: ReadonlyMap<string, string>): (name: string) => string {
  const encodingType = query.get("encoding-type");
  if (encodingType === undefined) return (name) => name;
  if (encodingType === "url") return encodeKey;
  throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encodingType);
}

/** @throws {S3Error} InvalidArgument */
export function readLimit(query: ReadonlyMap<string, string>, name: string): number {
  const text = query.get(name);
  if (text === undefined || text === "") return MAX_KEYS;
  if (/^\d{1,10}$/.test(text) && Number(text) <= 2_147_483_647) return Math.min(Number(text), MAX_KEYS);
  throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
}

export function optional(name: string, value: string | undefined): XmlElement[] {
  return value === undefined ? [] : [[name, value]];
}

function readOptions(query: ReadonlyMap<string, string>) {
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    maxKeys: readLimit(query, "max-keys"),
    write: nameWriter(query),
  };
}

/** What leads to the next page. */
export const writeToken = (last: string) => Buffer.from(`1${last}`).toString("base64url");

/** @throws {S3Error} InvalidArgument for a token that no page gave out */
export function readToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (text.startsWith("1")) return text.slice(1);
  throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
}

function contents(
  { key, lastModified, etag, size, checksum }: S3Object,
  write: (name: string) => string,
  owner: readonly XmlElement[],
): XmlElement {
  return [
    "Contents",
    [
      ["Key", write(key)],
      ["LastModified", lastModified.toISOString()],
      ["ETag", etag],
      ...(checksum === undefined
        ? []
        : ([
            ["ChecksumAlgorithm", checksum.algorithm],
            ["ChecksumType", checksum.type],
          ] as const)),
      ["Size", size],
      ...owner,
      ["StorageClass", "STANDARD"],
    ],
  ];
}
