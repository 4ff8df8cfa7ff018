export { readableLogLine } from "./function-log.ts";
export { recordedTranscripts } from "./speech/recorded.ts";
export { type LocalAws, type StartOptions, startLocalAws } from "./start.ts";
export { tellingContext } from "./telling-context.ts";
export type { Credentials, ObjectStore, TracedDecision } from "./types.ts";
