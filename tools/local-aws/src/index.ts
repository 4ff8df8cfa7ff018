export { policyHolder } from "@voice-notes/permissions";
export type { FaultName, Faults } from "./faults/faults.ts";
export { readableLogLine } from "./function-log.ts";
export { recordedTranscripts } from "./speech/recorded.ts";
export { type LocalAws, type StartOptions, startLocalAws } from "./start.ts";
export { tellingContext } from "./telling-context.ts";
export type { Credentials, ObjectStore, PoliciesInForce, Question, TracedDecision } from "./types.ts";
