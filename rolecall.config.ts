import type { RolecallConfig } from "rolecall/config";

/** What the toolkit cannot read in the template of this service. */
export default {
  scenarios: async () => (await import("./scenarios/src/scenarios/scenarios.ts")).localScenarios,
  transcripts: "samples",
  console: async () => (await import("./scenarios/src/console/extension.ts")).recordingsConsole,
} satisfies RolecallConfig;
