import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { S3Client } from "@aws-sdk/client-s3";
import {
  BadRequestException,
  ConflictException,
  StartTranscriptionJobCommand,
  TranscribeClient,
} from "@aws-sdk/client-transcribe";
import {
  findStoredAudio,
  isTemporary,
  jobName,
  logger,
  recordingIdOfAudioKey,
  requiredVariable,
  transcriptKey,
} from "@voice-notes/core";
import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import { metrics } from "./metrics.ts";
import { uploadedKeys } from "./uploaded-keys.ts";

const s3 = new S3Client();
const transcribe = new TranscribeClient();
const bucket = requiredVariable("RECORDINGS_BUCKET");
const jobNamePrefix = requiredVariable("JOB_NAME_PREFIX");
const processor = new BatchProcessor(EventType.SQS);

/** Uploads queue: starts a transcription job for each recording; only the messages that failed go back. */
export const handler = (event: SQSEvent, context: Context) => {
  logger.addContext(context);
  return processPartialResponse(event, startAll, processor, { context, throwOnFullBatchFailure: false });
};

async function startAll({ body, messageId }: SQSRecord): Promise<void> {
  try {
    const starts = await Promise.allSettled(uploadedKeys(body).map(start));
    const failures = starts.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    // The message goes back for any of them; what will not pass by itself is what has to be told.
    if (failures.length > 0) throw failures.find((failure) => !isTemporary(failure)) ?? failures[0];
  } catch (error) {
    if (isTemporary(error)) {
      logger.info("recording waits for Transcribe", { messageId, error: error as Error });
    } else {
      logger.error("recording cannot start", { messageId, error: error as Error });
      metrics.singleMetric().addMetric("RecordingCannotStart", MetricUnit.Count, 1);
    }
    throw error;
  }
}

async function start(key: string): Promise<void> {
  const recording = recordingIdOfAudioKey(key);
  if (!recording) throw new Error(`The object ${key} is no recording: its name is no recording's id.`);
  try {
    await transcribe.send(
      new StartTranscriptionJobCommand({
        TranscriptionJobName: jobName(jobNamePrefix, recording),
        Media: { MediaFileUri: `s3://${bucket}/${key}` },
        MediaFormat: recording.format,
        ...(recording.language === "auto"
          ? { IdentifyLanguage: true }
          : { LanguageCode: recording.language }),
        OutputBucketName: bucket,
        OutputKey: transcriptKey(recording),
      }),
    );
    logger.info("transcription started", { recordingId: recording.id });
  } catch (error) {
    // The name is the recording's own, so the job that holds it is this one: the message came twice.
    if (error instanceof ConflictException) return;
    // Transcribe says the same of an object that is gone as of one that it may not read.
    if (!(error instanceof BadRequestException) || (await findStoredAudio(s3, bucket, recording)))
      throw error;
    logger.info("recording was deleted before its transcription", { recordingId: recording.id });
  }
}
