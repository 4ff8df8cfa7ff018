import { Problem, parseRecordingId, type RecordingId } from "@voice-notes/core";
import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** @throws Problem 400 for a path whose id is no recording's id. */
export function parsePathId({ pathParameters }: APIGatewayProxyEventV2): RecordingId {
  const recording = parseRecordingId(pathParameters?.id);
  if (recording) return recording;
  throw new Problem(400, "Bad request", "id: is not a recording's id, as POST /recordings returns it.");
}
