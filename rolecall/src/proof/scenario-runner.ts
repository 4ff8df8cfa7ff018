import { recordedTranscripts } from "../engines/speech/recorded.ts";
import type { TracedDecision } from "../gate/types.ts";
import { denialReport } from "../run/denial-report.ts";
import type { LocalAws, StartOptions } from "../run/local-aws.ts";
import { startLocalAws } from "../run/start.ts";
import type { LocalStage, Scenario, Settings } from "./scenario.ts";
import { until } from "./until.ts";

/** Milliseconds; long enough for a job to pass through each state. */
const jobDurations = { queued: 1, inProgress: 1 };

/** What failed comes back a thousand times sooner than in ten minutes. */
const waitFactor = 1e-3;

export interface RunnerOptions
  extends Pick<StartOptions, "packaged" | "stage" | "region" | "parameters" | "policies" | "transcripts"> {
  readonly settings?: Settings | undefined;
}

/** What came of a scenario. */
export interface Outcome {
  /** Every decision that IAM took on the way. */
  readonly decisions: readonly TracedDecision[];
  /** What the service did otherwise than the scenario says. */
  readonly failure?: Error;
  /** Refusals that the scenario did not ask for, in words. */
  readonly unasked: readonly string[];
  /** Refusals that it asked for, and that did not come. */
  readonly missing: readonly string[];
}

export interface ScenarioRunner {
  readonly aws: LocalAws;
  /** What IAM decided before the first scenario: what a deployment asks, and what S3's test message sets going. */
  readonly startup: readonly TracedDecision[];
  /** Runs a scenario to the end of all that it set going; one at a time. */
  run(scenario: Scenario): Promise<Outcome>;
  /**
   * Resolves when no failed message is left that would come back.
   *
   * @throws Error when one keeps coming back.
   */
  rest(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a local run for scenarios, one after the other. Whatever speech engine this machine has, it
 * knows the recorded transcripts and no others.
 *
 * @throws Error as `startLocalAws` does.
 */
export async function startScenarioRunner({ settings, ...options }: RunnerOptions): Promise<ScenarioRunner> {
  let logs: { readonly functionKey: string; readonly line: string }[] = [];
  const hold = createHold();
  const recorded = recordedTranscripts(options.transcripts);
  const aws = await startLocalAws({
    ...options,
    waitFactor,
    ...settings,
    jobDurations,
    recogniser: {
      ...recorded,
      async recognise(...heard) {
        await hold.released();
        return recorded.recognise(...heard);
      },
    },
    onFunctionLog: (functionKey, line) => logs.push({ functionKey, line }),
  });
  const ends: (() => void)[] = [];
  const stage: LocalStage = {
    aws,
    credentials(principal) {
      const credentials = aws.principals[principal];
      if (!credentials) throw new Error(`The local run has no principal ${principal}.`);
      return credentials;
    },
    logOf: (functionKey) => logs.filter((entry) => entry.functionKey === functionKey).map(({ line }) => line),
    queue: (name) => findQueue(aws, name),
    holdJobs: hold.begin,
    onClose: (end) => ends.push(end),
  };
  await aws.idle();

  return {
    aws,
    startup: [...aws.decisions],
    async run({ steps, denials = [] }) {
      const from = aws.decisions.length;
      logs = [];
      const failure = await steps(stage).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      );
      await aws.idle();
      const decisions = aws.decisions.slice(from);
      return { decisions, ...(failure && { failure }), ...compareDenials(decisions, denials) };
    },
    async rest() {
      // A dead-letter queue keeps what it has.
      const queues = [...aws.queues.values()].filter(({ spec }) => spec.redrive);
      const isEmpty = () => queues.every((queue) => queue.messages().length === 0);
      await until("the queues are empty", isEmpty);
      await aws.idle();
    },
    async close() {
      for (const end of ends) end();
      await aws.close();
    },
  };
}

/** A gate that is open, until somebody begins to hold. */
function createHold(): { begin(): () => void; released(): Promise<void> } {
  let released = Promise.resolve();
  return {
    begin() {
      const { promise, resolve } = Promise.withResolvers<void>();
      released = promise;
      return resolve;
    },
    released: () => released,
  };
}

function findQueue({ queues }: LocalAws, name: string) {
  const whole = queues.get(name);
  if (whole) return whole;
  const [found, ...others] = [...queues].filter(([one]) => one.endsWith(`-${name}`));
  if (found && others.length === 0) return found[1];
  throw new Error(
    `${found ? "Several queues are" : "No queue is"} named ${name}; there are ${[...queues.keys()].join(", ")}.`,
  );
}

/** Holds the refusals that came against those that were asked for. */
function compareDenials(
  decisions: readonly TracedDecision[],
  denials: readonly string[],
): Pick<Outcome, "unasked" | "missing"> {
  const came = decisions.filter(({ decision }) => decision.outcome !== "allowed");
  const named = new Map(came.map((denial) => [`${denial.who} ${denial.action}`, denial]));
  return {
    unasked: [...named].flatMap(([name, denial]) =>
      denials.includes(name) ? [] : [denialReport(denial) ?? name],
    ),
    missing: denials.filter((name) => !named.has(name)),
  };
}
