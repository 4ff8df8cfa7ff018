import { S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import {
  audioKey,
  httpHandler,
  json,
  newRecordingId,
  parseOrProblem,
  recordingPath,
  requiredVariable,
} from "@voice-notes/core";
import * as v from "valibot";
import { parseLanguage, parseMediaType } from "./parse.ts";

const s3 = new S3Client();
const bucket = requiredVariable("RECORDINGS_BUCKET");

/** Bytes. Transcribe takes no more: https://docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html */
const largestUpload = 2_000_000_000;

/** Seconds, at most: a form is signed with the role's session and ends with it. */
const lifetime = 15 * 60;

const requestSchema = v.pipe(
  v.string(),
  v.parseJson(undefined, "is no JSON"),
  v.object(
    { contentType: v.string("is no text"), language: v.optional(v.string("is no text")) },
    'is missing: send {"contentType": "audio/wav"}, and "language" if it is not the default',
  ),
);

/** POST /upload-forms: a form that uploads one recording straight to S3, acting as this function's role. */
export const handler = httpHandler(async (event) => {
  const request = parseOrProblem(requestSchema, decodedBody(event));
  const { mediaType, format } = parseMediaType(request.contentType);
  const recording = newRecordingId(parseLanguage(request.language), format);
  const expiresAt = new Date(Date.now() + lifetime * 1000);
  const form = await createPresignedPost(s3, {
    Bucket: bucket,
    Key: audioKey(recording),
    Fields: { "Content-Type": mediaType },
    Conditions: [["content-length-range", 1, largestUpload]],
    Expires: lifetime,
  });
  return json(
    201,
    { ...recording, form, expiresAt, maxBytes: largestUpload },
    { location: recordingPath(recording) },
  );
});

/** A JSON body comes as text, but as base64 when its Content-Type is not a JSON one. */
function decodedBody({ body = "", isBase64Encoded }: { body?: string; isBase64Encoded: boolean }): string {
  return isBase64Encoded ? Buffer.from(body, "base64").toString() : body;
}
