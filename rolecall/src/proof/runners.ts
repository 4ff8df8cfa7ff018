import { isDeepStrictEqual } from "node:util";
import type { StartOptions } from "../run/local-aws.ts";
import type { Scenario } from "./scenario.ts";
import { type ScenarioRunner, startScenarioRunner } from "./scenario-runner.ts";

export interface Where extends Pick<StartOptions, "parameters" | "policies"> {
  /** The folder of the packaged service, or its template. */
  readonly packaged: string;
  readonly stage: string;
  readonly region: string;
  /** The folder with recorded transcripts, where scenarios transcribe speech. */
  readonly transcripts?: string | undefined;
}

/** Something to do on the local runs of one place. */
export type Job<Result> = (place: Place) => Promise<Result>;

/** @returns the local run that is started as a scenario needs it. */
export type Place = (settings: Scenario["settings"]) => Promise<ScenarioRunner>;

/** Several places side by side, each of which does one thing at a time. */
export interface Runners {
  /** @returns the results in the order of the jobs. */
  doAll<Result>(jobs: readonly Job<Result>[]): Promise<Result[]>;
  /** Does something on every local run that was started. */
  onEach(act: (runner: ScenarioRunner) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** @param count How many places. */
export function createRunners(where: Where, count: number): Runners {
  const places = Array.from({ length: count }, () => createPlace(where));
  const started = () => places.flatMap(({ runners }) => runners.map(({ runner }) => runner));

  return {
    async doAll<Result>(jobs: readonly Job<Result>[]) {
      const waiting = [...jobs.entries()];
      const results: Result[] = [];
      const work = async ({ find }: ReturnType<typeof createPlace>) => {
        try {
          for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
            const [index, job] = next;
            results[index] = await job(find);
          }
        } finally {
          // After an error nobody begins anything more.
          waiting.length = 0;
        }
      };
      const ended = await Promise.allSettled(places.map(work));
      const failed = ended.find((one) => one.status === "rejected");
      if (failed) throw failed.reason;
      return results;
    },
    async onEach(act) {
      await Promise.all(started().map(async (runner) => act(await runner)));
    },
    async close() {
      const ended = await Promise.allSettled(started());
      await Promise.all(ended.map((one) => one.status === "fulfilled" && one.value.close()));
    },
  };
}

/** Keeps its local runs, one for each way to start one. */
function createPlace(where: Where) {
  const runners: {
    readonly settings: Scenario["settings"];
    readonly runner: Promise<ScenarioRunner>;
  }[] = [];
  const find: Place = (settings) => {
    const known = runners.find((one) => isDeepStrictEqual(one.settings, settings));
    if (known) return known.runner;
    const runner = startScenarioRunner({ ...where, settings });
    runners.push({ settings, runner });
    return runner;
  };
  return { runners, find };
}
