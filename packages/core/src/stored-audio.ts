import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { audioKey, type RecordingId } from "./recording-id.ts";

/**
 * The recording's audio as S3 lists it, undefined when there is none. It asks for the exact key by listing, which
 * takes s3:ListBucket: without that right S3 answers 403 for a missing object, just as it does for a missing grant,
 * and a 403 read as "not there" would hide a broken role.
 */
export async function findStoredAudio(s3: S3Client, bucket: string, recording: RecordingId) {
  const Prefix = audioKey(recording);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, MaxKeys: 1 }));
  return Contents.find(({ Key }) => Key === Prefix);
}
