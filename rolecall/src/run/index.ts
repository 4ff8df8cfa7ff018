export { type FaultName, type Faults, faultKinds } from "../engines/faults/faults.ts";
export { parseFaults } from "../engines/faults/parse.ts";
export { recordedTranscripts } from "../engines/speech/recorded.ts";
export { listen } from "../gate/listen.ts";
export type { Credentials, ObjectStore, PoliciesInForce, Question, TracedDecision } from "../gate/types.ts";
export { policyHolder } from "../index.ts";
export { readableLogLine, readableReport } from "../lambda/function-log.ts";
export { type LocalAws, type StartOptions, startLocalAws } from "./start.ts";
export { tellingContext } from "./telling-context.ts";
