import type { LocalAws, TracedDecision } from "../run/index.ts";
import type { Service } from "../stack/source/service.ts";
import type { Holding } from "./mutants.ts";
import type { RecordedScenario, Recording } from "./recording.ts";
import type { Job, Runners } from "./runners.ts";
import type { Scenario } from "./scenario.ts";
import type { Outcome, ScenarioRunner } from "./scenario-runner.ts";

/** Whether the service does what the scenarios say, and is refused nothing but what they ask for. */
export interface Sufficient {
  /** How many scenarios were run. */
  readonly scenarios: number;
  /** How many decisions IAM took in them. */
  readonly decisions: number;
  readonly findings: readonly Failed[];
}

/** A scenario that does not go as it says. */
export interface Failed {
  readonly scenario: string;
  /** Refusals that came unasked, refusals that did not come, what the service did otherwise: in words. */
  readonly problems: readonly string[];
  /** The refusals that came unasked, one for each `who action`. */
  readonly denied: readonly TracedDecision[];
  /** What it tries and wants refused, and was allowed, one for each statement that allows it. */
  readonly admitted: readonly TracedDecision[];
}

interface Run extends RecordedScenario {
  readonly outcome: Outcome;
  readonly runner: ScenarioRunner;
}

/** Runs every scenario, and keeps what IAM was asked. */
export async function record(
  service: Service,
  all: readonly Scenario[],
  runners: Runners,
  onProgress: (what: string) => void,
): Promise<{ readonly recording: Recording; readonly sufficient: Sufficient }> {
  // Those that take a local run of their own first: meanwhile the others take turns on what is left.
  const scenarios = all.toSorted(
    (a, b) => Number(b.settings !== undefined) - Number(a.settings !== undefined),
  );
  let done = 0;
  const run =
    (scenario: Scenario): Job<Run> =>
    async (find) => {
      const runner = await find(scenario.settings);
      const start = performance.now();
      const outcome = await runner.run(scenario);
      const took = (performance.now() - start) / 1000;
      done += 1;
      onProgress(`scenario ${done} of ${scenarios.length}`);
      return { scenario, decisions: outcome.decisions, took, outcome, runner };
    };
  const runs = await runners.doAll(scenarios.map(run));
  const findings = runs.flatMap(({ scenario, outcome }) => {
    const problems = problemsOf(outcome);
    return problems.length > 0
      ? [{ scenario: scenario.name, problems, ...refusalsOf(scenario, outcome) }]
      : [];
  });
  const decisions = runs.reduce((sum, one) => sum + one.decisions.length, 0);
  return {
    recording: recordingOf(service, runs),
    sufficient: { scenarios: runs.length, decisions, findings },
  };
}

function recordingOf(service: Service, runs: readonly Run[]): Recording {
  const [first] = runs;
  if (!first) throw new Error("There are no scenarios: name them in rolecall.config.ts.");
  const { aws, startup } = first.runner;
  return {
    accountId: aws.accountId,
    startup,
    scenarios: runs.map(({ scenario, decisions, took }) => ({ scenario, decisions, took })),
    holdings: holdingsOf(service, aws),
    boundaries: new Map(
      service.roles.flatMap(({ functionKey, boundary }) => (boundary ? [[functionKey, boundary]] : [])),
    ),
  };
}

function problemsOf({ failure, unasked, missing }: Outcome): readonly string[] {
  return [
    ...unasked,
    ...missing.map((denial) => `IAM does not refuse ${denial}, as it should.`),
    ...(failure ? [failure.message] : []),
  ];
}

/** Exported for its tests. */
export function refusalsOf(
  { denials = [], isAttempt }: Scenario,
  { decisions, failure, missing }: Outcome,
): Pick<Failed, "denied" | "admitted"> {
  // An attempt that goes as it should was refused; what was allowed meanwhile was a function's own work.
  const isAdmitting = isAttempt && (failure !== undefined || missing.length > 0);
  const isAskedFor = ({ who, action }: TracedDecision) => denials.includes(`${who} ${action}`);
  const denied = decisions.filter((one) => one.decision.outcome !== "allowed" && !isAskedFor(one));
  const admitted = decisions.filter(
    (one) => isAdmitting && one.decision.outcome === "allowed" && isAskedFor(one),
  );
  return { denied: firstOfEach(denied), admitted: firstOfEach(admitted) };
}

/** Of the same who, action and statement. */
function firstOfEach(decisions: readonly TracedDecision[]): readonly TracedDecision[] {
  const nameOf = ({ who, action, decision }: TracedDecision) =>
    JSON.stringify([who, action, "by" in decision ? decision.by : undefined]);
  return [...Map.groupBy(decisions, nameOf).values()].flatMap(([first]) => first ?? []);
}

function holdingsOf({ roles }: Service, { policies }: LocalAws): readonly Holding[] {
  return [
    ...roles.map(({ functionKey, policies: own }) => ({
      holder: { type: "role", functionKey } as const,
      policies: own,
    })),
    ...roles.map(({ functionKey, logicalId, trust }) => ({
      holder: { type: "trust", functionKey } as const,
      policies: [{ name: logicalId, document: trust }],
    })),
    ...[...policies.resource].map(([arn, attached]) => ({
      holder: { type: "resource", arn } as const,
      policies: attached,
    })),
  ];
}
