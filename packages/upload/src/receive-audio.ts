import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  audioKey,
  httpHandler,
  json,
  newRecordingId,
  Problem,
  recordingPath,
  requiredVariable,
} from "@voice-notes/core";
import { parseLanguage, parseMediaType } from "./parse.ts";

const s3 = new S3Client();
const bucket = requiredVariable("RECORDINGS_BUCKET");

/** Bytes. Base64 makes a body a third longer, and an invocation's event holds 6 MiB at most. */
const largestBody = 4 * 1024 * 1024;

/** POST /recordings: stores the body as a new recording; the upload starts its transcription. */
export const handler = httpHandler(async (event) => {
  const { mediaType, format } = parseMediaType(event.headers["content-type"]);
  if (event.body && !event.isBase64Encoded) {
    throw new Problem(415, "Unsupported media type", "The body arrived as text: send the audio's bytes.");
  }
  const audio = Buffer.from(event.body ?? "", "base64");
  if (audio.length === 0) {
    throw new Problem(400, "Bad request", "The body is empty: send the audio's bytes.");
  }
  if (audio.length > largestBody) {
    throw new Problem(
      413,
      "Content too large",
      `The body has ${audio.length} bytes of at most ${largestBody}: ask POST /upload-forms for a form that takes 2 GB.`,
    );
  }
  const recording = newRecordingId(parseLanguage(event.queryStringParameters?.language), format);
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: audioKey(recording), Body: audio, ContentType: mediaType }),
  );
  return json(201, { ...recording, status: "uploaded" }, { location: recordingPath(recording) });
});
