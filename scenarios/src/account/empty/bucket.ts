import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { inWords, isMissing } from "../account/failures.ts";

/** A bucket, and the account that has to own it: a bucket's name may be somebody else's one day. */
export interface OwnBucket {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: string;
}

/** What is in a bucket. */
export interface Content {
  /** Objects by the first part of their keys, such as `audio/`; every version of an object counts. */
  readonly versions: ReadonlyMap<string, number>;
  readonly deleteMarkers: number;
  /** Of all versions. */
  readonly bytes: number;
  /** Multipart uploads that were begun and not finished. */
  readonly uploads: number;
}

/** Something that could not be taken away, and why. */
export interface Failure {
  readonly what: string;
  readonly why: string;
}

/** @returns undefined when there is no such bucket. */
export async function countContent(s3: S3Client, bucket: OwnBucket): Promise<Content | undefined> {
  const versions = new Map<string, number>();
  let [deleteMarkers, bytes, uploads] = [0, 0, 0];
  try {
    for await (const page of versionPages(s3, bucket)) {
      for (const { Key = "", Size = 0 } of page.Versions ?? []) {
        const first = /^[^/]*\//.exec(Key)?.[0] ?? "";
        versions.set(first, (versions.get(first) ?? 0) + 1);
        bytes += Size;
      }
      deleteMarkers += page.DeleteMarkers?.length ?? 0;
    }
    for await (const page of uploadPages(s3, bucket)) uploads += page.length;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return { versions, deleteMarkers, bytes, uploads };
}

export const isEmpty = ({ versions, deleteMarkers, uploads }: Content): boolean =>
  versions.size + deleteMarkers + uploads === 0;

/**
 * Deletes every version and every delete marker, a page of 1000 at a time, and ends every unfinished upload. In a bucket
 * without versions each object is one, called "null".
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 *
 * @param onProgress Told how many are gone so far.
 * @returns what S3 refused, key by key.
 */
export async function deleteContent(
  s3: S3Client,
  bucket: OwnBucket,
  onProgress: (deleted: number) => void,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  let deleted = 0;
  for await (const { Versions = [], DeleteMarkers = [] } of versionPages(s3, bucket)) {
    const Objects = [...Versions, ...DeleteMarkers].flatMap(({ Key, VersionId }) =>
      Key === undefined ? [] : [{ Key, ...(VersionId !== undefined && { VersionId }) }],
    );
    if (Objects.length === 0) continue;
    const answer = await s3.send(new DeleteObjectsCommand({ ...bucket, Delete: { Objects, Quiet: true } }));
    const refused = answer.Errors ?? [];
    failures.push(
      ...refused.map(({ Key = "", VersionId, Code, Message }) => ({
        what: VersionId && VersionId !== "null" ? `${Key} (version ${VersionId})` : Key,
        why: [Code, Message].filter(Boolean).join(": "),
      })),
    );
    deleted += Objects.length - refused.length;
    onProgress(deleted);
  }
  for await (const page of uploadPages(s3, bucket)) {
    for (const { Key, UploadId } of page) {
      try {
        await s3.send(new AbortMultipartUploadCommand({ ...bucket, Key, UploadId }));
        onProgress(++deleted);
      } catch (error) {
        if (!isMissing(error))
          failures.push({ what: `the unfinished upload of ${Key}`, why: inWords(error) });
      }
    }
  }
  return failures;
}

async function* versionPages(s3: S3Client, bucket: OwnBucket): AsyncGenerator<ListObjectVersionsOutput> {
  let position = {};
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ ...bucket, ...position }));
    yield page;
    if (!page.IsTruncated) return;
    position = {
      KeyMarker: page.NextKeyMarker,
      ...(page.NextVersionIdMarker !== undefined && { VersionIdMarker: page.NextVersionIdMarker }),
    };
  }
}

async function* uploadPages(s3: S3Client, bucket: OwnBucket) {
  let position = {};
  for (;;) {
    const page = await s3.send(new ListMultipartUploadsCommand({ ...bucket, ...position }));
    yield page.Uploads ?? [];
    if (!page.IsTruncated) return;
    position = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}
