import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  BadRequestException,
  DeleteTranscriptionJobCommand,
  TranscribeClient,
} from "@aws-sdk/client-transcribe";
import {
  audioKey,
  httpHandler,
  jobName,
  noContent,
  Problem,
  type RecordingId,
  requiredVariable,
  transcriptKey,
} from "@voice-notes/core";
import { isMissingJob } from "./missing-job.ts";
import { parsePathId } from "./parse.ts";

const s3 = new S3Client();
const transcribe = new TranscribeClient();
const bucket = requiredVariable("RECORDINGS_BUCKET");
const jobNamePrefix = requiredVariable("JOB_NAME_PREFIX");

/** DELETE /recordings/{id}: job, transcript and audio, in that order; what is gone already is no error. */
export const handler = httpHandler(async (event) => {
  const recording = parsePathId(event);
  const hadJob = await deleteJob(recording);
  await deleteObject(transcriptKey(recording));
  await deleteObject(audioKey(recording));
  // A message that still waited may have started a job since the first look. Without the audio, no other can start.
  if (!hadJob && (await deleteJob(recording))) await deleteObject(transcriptKey(recording));
  return noContent;
});

/** @returns whether there was one. */
async function deleteJob(recording: RecordingId): Promise<boolean> {
  const TranscriptionJobName = jobName(jobNamePrefix, recording);
  try {
    await transcribe.send(new DeleteTranscriptionJobCommand({ TranscriptionJobName }));
    return true;
  } catch (error) {
    if (isMissingJob(error)) return false;
    // The only other thing that Transcribe refuses here is a job that still runs: it would write its transcript later.
    if (error instanceof BadRequestException) {
      throw new Problem(
        409,
        "Conflict",
        "The recording is being transcribed: delete it when that has ended.",
      );
    }
    throw error;
  }
}

async function deleteObject(Key: string): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
}
