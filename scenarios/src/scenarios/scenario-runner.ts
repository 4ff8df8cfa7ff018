import { S3Client } from "@aws-sdk/client-s3";
import { TranscribeClient } from "@aws-sdk/client-transcribe";
import {
  type LocalAws,
  recordedTranscripts,
  type StartOptions,
  startLocalAws,
  type TracedDecision,
} from "rolecall/run";
import { createApi } from "../api.ts";
import { recordingsBucket } from "../recordings-bucket.ts";
import { denialReport } from "../trouble.ts";
import type { Clients, LocalScenario, LocalStage, Settings } from "./scenario.ts";
import { until } from "./until.ts";

/** Milliseconds; long enough for a job to pass through each state. */
const jobDurations = { queued: 1, inProgress: 1 };

/** What failed comes back a thousand times sooner than in ten minutes. */
const waitFactor = 1e-3;

export interface RunnerOptions extends Pick<StartOptions, "packaged" | "stage" | "region"> {
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
  run(scenario: LocalScenario): Promise<Outcome>;
  /**
   * Resolves when no failed message is left that would come back.
   *
   * @throws Error when one keeps coming back.
   */
  rest(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a local run for scenarios, one after the other. Whatever speech engine this machine has, it knows the words
 * of the samples and no others.
 *
 * @throws Error as `startLocalAws` does.
 */
export async function startScenarioRunner({ settings, ...options }: RunnerOptions): Promise<ScenarioRunner> {
  let logs: { readonly functionKey: string; readonly line: string }[] = [];
  const hold = createHold();
  const recorded = recordedTranscripts();
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
  const clients = new Map<string, Clients>();
  const as = (principal: string): Clients => {
    const known = clients.get(principal);
    if (known) return known;
    const created = clientsOf(aws, principal);
    clients.set(principal, created);
    return created;
  };
  const { api } = as("developer");
  const stage: LocalStage = {
    url: aws.api,
    api,
    aws,
    as,
    async ended(id) {
      await aws.idle();
      return api.readRecording(id);
    },
    logOf: (functionKey) => logs.filter((entry) => entry.functionKey === functionKey).map(({ line }) => line),
    queue(name) {
      const found = [...aws.queues].find(([whole]) => whole.endsWith(`-${options.stage}-${name}`));
      if (!found) throw new Error(`There is no queue ${name}.`);
      return found[1];
    },
    holdJobs: hold.begin,
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
      for (const { s3, transcribe } of clients.values()) {
        s3.destroy();
        transcribe.destroy();
      }
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

function clientsOf(aws: LocalAws, name: string): Clients {
  const credentials = aws.principals[name];
  if (!credentials) throw new Error(`The local run has no principal ${name}.`);
  // Once: a refusal is an answer.
  const connection = { endpoint: aws.endpoint, region: aws.region, credentials, maxAttempts: 1 };
  return {
    api: createApi(aws.api, aws.region, async () => credentials),
    s3: new S3Client(connection),
    transcribe: new TranscribeClient(connection),
    bucket: recordingsBucket(aws),
  };
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
