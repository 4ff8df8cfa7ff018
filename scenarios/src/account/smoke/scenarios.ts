import { AssertionError } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import type { Api, Recording, Scenario, Stage } from "../../index.ts";
import type { Check, Report, Section } from "./check.ts";

/** Milliseconds. */
export interface Patience {
  /** How long a transcription may take. */
  readonly transcription: number;
  /** Between two looks at it. */
  readonly interval: number;
}

export const awsPatience: Patience = { transcription: 300_000, interval: 2_000 };

/**
 * The stage as scenarios see it.
 *
 * @param signal Ends the waiting.
 */
export function deployedStage(
  url: string,
  api: Api,
  signal: AbortSignal,
  { transcription, interval }: Patience = awsPatience,
): Stage {
  return {
    url,
    api,
    async ended(id): Promise<Recording> {
      const end = performance.now() + transcription;
      for (;;) {
        const recording = await api.readRecording(id);
        if (recording.status === "completed" || recording.status === "failed") return recording;
        if (performance.now() > end)
          throw new Error(
            `${id} is still ${recording.status} after ${transcription / 1000} seconds: startTranscription's log says what for.`,
          );
        await sleep(interval, undefined, { signal });
      }
    },
  };
}

/** Runs scenarios one after the other, until they are through or the signal comes. */
export async function runScenarios<On extends Stage>(
  section: Section,
  scenarios: readonly Scenario<On>[],
  stage: On,
  { signal, report, onStart }: { signal: AbortSignal; report: Report; onStart: (name: string) => void },
): Promise<void> {
  for (const { name, steps } of scenarios) {
    signal.throwIfAborted();
    onStart(name);
    const start = performance.now();
    const outcome = await untilAborted(steps(stage), signal).then(
      (): Pick<Check, "status"> => ({ status: "passed" }),
      (error: unknown): Pick<Check, "status" | "expected" | "observed"> => ({
        status: "failed",
        ...whatWasWrong(error),
      }),
    );
    signal.throwIfAborted();
    report({ section, name, ...outcome, seconds: (performance.now() - start) / 1000 });
  }
}

/** Leaves what is under way to itself when the signal comes. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  work.catch(() => {}); // Nobody may be waiting for it any more.
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function whatWasWrong(error: unknown): Pick<Check, "expected" | "observed"> {
  if (error instanceof AssertionError && error.actual !== undefined) {
    const text = (value: unknown) =>
      value instanceof Error
        ? value.message
        : inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 3 });
    // An assertion with a sentence of its own says what was expected better than a value does.
    const expected = error.generatedMessage ? text(error.expected) : error.message;
    return { expected, observed: text(error.actual) };
  }
  return { observed: error instanceof Error ? error.message : String(error) };
}
