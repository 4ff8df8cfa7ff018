export type { LocalScenario } from "./scenarios/scenario.ts";
export {
  type Outcome,
  type ScenarioRunner,
  startScenarioRunner,
} from "./scenarios/scenario-runner.ts";
export { localScenarios } from "./scenarios/scenarios.ts";
