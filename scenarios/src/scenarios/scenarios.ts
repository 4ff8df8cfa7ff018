import type { Scenario as ToolkitScenario } from "rolecall/scenario";
import { forbidden, forbiddenLocally } from "./forbidden.ts";
import { onLocalRun } from "./local-stage.ts";
import { recordings, recordingsLocally } from "./recordings.ts";
import { requests } from "./requests.ts";
import type { RoleStage, Scenario } from "./scenario.ts";
import { transcribing, transcribingLocally } from "./transcribing.ts";
import { uploadsQueue } from "./uploads-queue.ts";

/** What the service does, as any caller of its API sees it: on the local run, and on a deployed stage. */
export const scenarios: readonly Scenario[] = [...transcribing, ...recordings, ...requests];

/** What somebody sees who may act as a function. */
export const roleScenarios: readonly Scenario<RoleStage>[] = forbidden;

/** Those, and what takes a look behind the API or somebody else's credentials. */
export const localScenarios: readonly ToolkitScenario[] = [
  ...scenarios,
  ...transcribingLocally,
  ...recordingsLocally,
  ...uploadsQueue,
  ...roleScenarios,
  ...forbiddenLocally,
].map(onLocalRun);
