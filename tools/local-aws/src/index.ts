export { policyHolder } from "@voice-notes/permissions";
export { type FaultName, type Faults, faultKinds } from "./faults/faults.ts";
export { parseFaults } from "./faults/parse.ts";
export { readableLogLine, readableReport } from "./function-log.ts";
export { listen } from "./listen.ts";
export { recordedTranscripts } from "./speech/recorded.ts";
export { type LocalAws, type StartOptions, startLocalAws } from "./start.ts";
export { tellingContext } from "./telling-context.ts";
export type { Credentials, ObjectStore, PoliciesInForce, Question, TracedDecision } from "./types.ts";
