import { createHash, randomBytes } from "node:crypto";
import type { StoredObject } from "../types.ts";
import type { Checksum, ChecksumAlgorithm } from "./checksums.ts";

export interface S3Object extends StoredObject {
  readonly key: string;
  readonly body: Buffer;
  /** What GetObject sends back as headers: user metadata, Cache-Control and the like. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: Checksum | undefined;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
  readonly contentType: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: Checksum["type"] } | undefined;
  readonly parts: Map<number, Part>;
}

export interface Part {
  readonly number: number;
  readonly body: Buffer;
  readonly etag: string;
  readonly lastModified: Date;
  readonly checksum?: Checksum | undefined;
}

export interface Bucket {
  readonly name: string;
  readonly created: Date;
  readonly objects: Map<string, S3Object>;
  readonly uploads: Map<string, Upload>;
}

/**
 * The buckets and all they hold, in memory. Bodies are whole: what should be kept on disk or come and go as a
 * stream is to be changed here and in body.ts.
 */
export type Store = ReadonlyMap<string, Bucket>;

export function createStore(buckets: readonly string[], created: Date): Store {
  return new Map(buckets.map((name) => [name, { name, created, objects: new Map(), uploads: new Map() }]));
}

/** An entity tag in its quotes. */
export function etagOf(body: Buffer): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html: not the MD5 of the whole, and it ends in `-n`. */
export function multipartEtag(parts: readonly Part[]): string {
  const digests = parts.map(({ etag }) => Buffer.from(etag.slice(1, -1), "hex"));
  return `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}"`;
}

export function newUploadId(): string {
  return randomBytes(32).toString("base64url");
}

/** HTTP dates have no fraction of a second, and S3 keeps none. */
export function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
