import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { logger, recordingIdOfJobName, requiredVariable } from "@voice-notes/core";
import type { Context, EventBridgeEvent } from "aws-lambda";
import * as v from "valibot";
import { metrics } from "./metrics.ts";

const jobNamePrefix = requiredVariable("JOB_NAME_PREFIX");

/** https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html */
const detailSchema = v.object({
  TranscriptionJobName: v.string(),
  TranscriptionJobStatus: v.picklist(["COMPLETED", "FAILED"]),
  FailureReason: v.optional(v.string()),
});

/** Transcribe's state change: one log line and one metric an outcome. It calls nothing, so it is granted nothing. */
export const handler = async (event: EventBridgeEvent<string, unknown>, context: Context): Promise<void> => {
  logger.addContext(context);
  const detail = v.parse(detailSchema, event.detail);
  const recordingId = recordingIdOfJobName(jobNamePrefix, detail.TranscriptionJobName)?.id;
  const outcome = { recordingId, jobName: detail.TranscriptionJobName };
  if (detail.TranscriptionJobStatus === "COMPLETED") {
    logger.info("transcription completed", outcome);
    metrics.singleMetric().addMetric("TranscriptionCompleted", MetricUnit.Count, 1);
  } else {
    logger.error("transcription failed", { ...outcome, reason: detail.FailureReason });
    metrics.singleMetric().addMetric("TranscriptionFailed", MetricUnit.Count, 1);
  }
};
