export { requiredVariable } from "./environment.ts";
export { isTemporary } from "./failures.ts";
export { type Answer, httpHandler, json, noContent, Problem, parseOrProblem } from "./http.ts";
export { logger } from "./logger.ts";
export { mediaTypeOf, mediaTypesAccepted, parseContentType } from "./media-types.ts";
export {
  audioKey,
  audioPrefix,
  jobName,
  type Language,
  languageSchema,
  type MediaFormat,
  newRecordingId,
  parseRecordingId,
  type RecordingId,
  recordingIdOfAudioKey,
  recordingIdOfJobName,
  recordingPath,
  transcriptKey,
} from "./recording-id.ts";
export { findStoredAudio } from "./stored-audio.ts";
