import { ListObjectsV2Command, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import {
  audioPrefix,
  httpHandler,
  json,
  Problem,
  parseOrProblem,
  recordingIdOfAudioKey,
  recordingPath,
  requiredVariable,
} from "@voice-notes/core";
import * as v from "valibot";

const s3 = new S3Client();
const bucket = requiredVariable("RECORDINGS_BUCKET");

const querySchema = v.object({
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d+$/, "must be a whole number, 1 to 1000"),
      v.transform(Number),
      v.minValue(1, "must be 1 to 1000"),
      v.maxValue(1000, "must be 1 to 1000"),
    ),
    "100",
  ),
  next: v.optional(v.string()),
});

/** GET /recordings: a page of the recordings, oldest first, and `next`, the token of the page after it. */
export const handler = httpHandler(async (event) => {
  const { limit, next } = parseOrProblem(querySchema, event.queryStringParameters ?? {});
  const page = await s3
    .send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: audioPrefix,
        MaxKeys: limit,
        ContinuationToken: next,
      }),
    )
    .catch((error: unknown) => {
      if (next !== undefined && error instanceof S3ServiceException && error.name === "InvalidArgument") {
        throw new Problem(400, "Bad request", "next: is not a page token; leave it out for the first page.");
      }
      throw error;
    });
  const recordings = (page.Contents ?? []).flatMap(({ Key = "", Size, LastModified }) => {
    const recording = recordingIdOfAudioKey(Key);
    return recording
      ? [{ ...recording, href: recordingPath(recording), size: Size, uploadedAt: LastModified }]
      : [];
  });
  return json(200, { recordings, next: page.NextContinuationToken });
});
