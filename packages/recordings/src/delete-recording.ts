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
  const TranscriptionJobName = jobName(jobNamePrefix, recording);
  await transcribe
    .send(new DeleteTranscriptionJobCommand({ TranscriptionJobName }))
    .catch((error: unknown) => {
      if (isMissingJob(error)) return;
      // The only other thing that Transcribe refuses here is a job that still runs: it would write its transcript later.
      if (error instanceof BadRequestException) {
        throw new Problem(
          409,
          "Conflict",
          "The recording is being transcribed: delete it when that has ended.",
        );
      }
      throw error;
    });
  for (const Key of [transcriptKey(recording), audioKey(recording)]) {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  }
  return noContent;
});
