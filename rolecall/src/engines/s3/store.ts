import { createHash, randomBytes } from "node:crypto";
import type { StoredObject } from "../../gate/types.ts";
import { type Body, hold, letGo } from "./bodies.ts";
import type { Checksum, ChecksumAlgorithm } from "./checksums.ts";

export interface S3Object extends StoredObject {
  readonly key: string;
  /** In a bucket that keeps versions. */
  readonly versionId?: string;
  readonly body: Body;
  /** What GetObject sends back as headers: user metadata, Cache-Control and the like. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: Checksum | undefined;
  /** What a multipart object was put together from, in order. */
  readonly parts?: readonly ObjectPart[];
}

/** What a deletion leaves in a bucket that keeps versions. */
export interface DeleteMarker {
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: Date;
}

export type Version = S3Object | DeleteMarker;

export const isDeleteMarker = (version: Version): version is DeleteMarker => !("body" in version);

export interface ObjectPart {
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  readonly checksum?: Checksum | undefined;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
  readonly contentType: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: Checksum["type"] } | undefined;
}

export interface Part extends ObjectPart {
  readonly body: Body;
  readonly etag: string;
  readonly lastModified: Date;
}

/** An upload and the parts that have come, by number. */
export interface UploadUnderWay extends Upload {
  readonly parts: ReadonlyMap<number, Part>;
  /** Keeps a part in the place of one with the same number. */
  putPart(part: Part): void;
}

/** All changes go through its methods, which hold the bodies that it keeps and let go of those that it drops. */
export interface Bucket {
  readonly name: string;
  readonly created: Date;
  readonly objects: ReadonlyMap<string, S3Object>;
  readonly uploads: ReadonlyMap<string, UploadUnderWay>;
  /** Whether it keeps the versions of its objects. */
  readonly versioned: boolean;
  /**
   * Keeps an object in the place of one with the same key, or before it.
   *
   * @returns it as it is kept: with its version
   */
  put(object: S3Object): S3Object;
  /** Of a bucket without versions. @returns whether it was there */
  remove(key: string): boolean;
  /** The versions of an object, the latest last; none in a bucket without versions. */
  versions(key: string): readonly Version[];
  /** The keys that have versions, deleted ones too. */
  versionedKeys(): readonly string[];
  /** Deletes an object and keeps its versions. @returns what stands for the deletion */
  mark(key: string, time: Date): DeleteMarker;
  /** Drops one version for good: the latest of the others comes to light. @returns undefined when it was not there */
  removeVersion(key: string, versionId: string): Version | undefined;
  beginUpload(upload: Upload): void;
  /** Drops an upload and its parts. */
  endUpload(id: string): void;
}

/** The buckets and all they hold; what is in their objects is kept by bodies.ts. */
export type Store = ReadonlyMap<string, Bucket>;

export function createStore(
  buckets: readonly { readonly name: string; readonly versioned?: boolean }[],
  created: Date,
): Store {
  return new Map(
    buckets.map(({ name, versioned = false }) => [name, createBucket(name, versioned, created)]),
  );
}

function createBucket(name: string, versioned: boolean, created: Date): Bucket {
  const objects = new Map<string, S3Object>();
  /** Of a bucket with versions, these hold the bodies. */
  const history = new Map<string, Version[]>();
  const uploads = new Map<string, UploadUnderWay>();
  return {
    name,
    created,
    objects,
    uploads,
    versioned,
    put(object) {
      if (!versioned) {
        replace(objects, object.key, object);
        return object;
      }
      const version = { ...object, versionId: newVersionId() };
      hold(version.body);
      history.set(object.key, [...(history.get(object.key) ?? []), version]);
      objects.set(object.key, version);
      return version;
    },
    versions: (key) => history.get(key) ?? [],
    versionedKeys: () => [...history.keys()],
    mark(key, time) {
      const marker = { key, versionId: newVersionId(), lastModified: wholeSeconds(time) };
      history.set(key, [...(history.get(key) ?? []), marker]);
      objects.delete(key);
      return marker;
    },
    removeVersion(key, versionId) {
      const versions = history.get(key) ?? [];
      const version = versions.find((one) => one.versionId === versionId);
      if (version === undefined) return undefined;
      const rest = versions.filter((one) => one !== version);
      if (rest.length > 0) history.set(key, rest);
      else history.delete(key);
      const latest = rest.at(-1);
      if (latest === undefined || isDeleteMarker(latest)) objects.delete(key);
      else objects.set(key, latest);
      if (!isDeleteMarker(version)) letGo(version.body);
      return version;
    },
    remove(key) {
      const object = objects.get(key);
      if (object !== undefined) letGo(object.body);
      return objects.delete(key);
    },
    beginUpload(upload) {
      const parts = new Map<number, Part>();
      uploads.set(upload.id, { ...upload, parts, putPart: (part) => replace(parts, part.number, part) });
    },
    endUpload(id) {
      for (const { body } of uploads.get(id)?.parts.values() ?? []) letGo(body);
      uploads.delete(id);
    },
  };
}

function replace<Key, Value extends { readonly body: Body }>(
  all: Map<Key, Value>,
  key: Key,
  value: Value,
): void {
  // Held first: the new one may share the old one's file.
  hold(value.body);
  const old = all.get(key);
  if (old !== undefined) letGo(old.body);
  all.set(key, value);
}

/** An entity tag in its quotes. */
export function etagOf(md5: string): string {
  return `"${md5}"`;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html: not the MD5 of the whole, and it ends in `-n`. */
export function multipartEtag(parts: readonly Part[]): string {
  const digests = parts.map(({ etag }) => Buffer.from(etag.slice(1, -1), "hex"));
  return `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}"`;
}

/** 32 characters, as S3 makes them. */
function newVersionId(): string {
  return randomBytes(24).toString("base64url");
}

export function newUploadId(): string {
  return randomBytes(32).toString("base64url");
}

/** HTTP dates have no fraction of a second, and S3 keeps none. */
export function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
