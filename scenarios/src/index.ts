export { type Api, ApiError, type CredentialProvider, createApi } from "./api.ts";
export { root } from "./local.ts";
export type { Recording } from "./recording.ts";
export { recordingsBucket } from "./recordings-bucket.ts";
export { onLocalRun } from "./scenarios/local-stage.ts";
export { sampleAudio, sampleFile, samples } from "./scenarios/samples.ts";
export type { Clients, LocalScenario, RoleStage, Scenario, Stage } from "./scenarios/scenario.ts";
export { localScenarios, roleScenarios, scenarios } from "./scenarios/scenarios.ts";
export { uploadAudio, uploadFile } from "./transcribe.ts";
