export { type Api, ApiError, type CredentialProvider, createApi, type Recording } from "./api.ts";
export { root } from "./local.ts";
export { recordingsBucket } from "./recordings-bucket.ts";
export { sampleAudio, sampleFile } from "./scenarios/samples.ts";
export type { Clients, LocalScenario, RoleStage, Scenario, Stage } from "./scenarios/scenario.ts";
export {
  type Outcome,
  type ScenarioRunner,
  startScenarioRunner,
} from "./scenarios/scenario-runner.ts";
export { localScenarios, roleScenarios, scenarios } from "./scenarios/scenarios.ts";
export { uploadAudio, uploadFile } from "./transcribe.ts";
export { denialReport } from "./trouble.ts";
