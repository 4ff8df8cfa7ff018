import { inWords } from "../account/failures.ts";
import type { Report } from "../smoke/check.ts";
import { apiProbes } from "./api-probes.ts";
import { callerProbes } from "./caller-probes.ts";
import type { Probe, ProbeContext } from "./probe.ts";
import { sessionProbes } from "./session-probes.ts";

/**
 * Everything about AWS that this service touches and that no document or account has confirmed: what to go through at
 * the first deployment. What is observed stands in the output of `pnpm smoke --json`.
 */
export const probes: readonly Probe[] = [...apiProbes, ...callerProbes, ...sessionProbes];

/** Asks them one after the other, until they are through or the signal comes. */
export async function runProbes(
  context: ProbeContext,
  { report, onStart }: { readonly report: Report; readonly onStart: (what: string) => void },
): Promise<void> {
  for (const probe of probes) {
    context.signal.throwIfAborted();
    const about = {
      section: "probes",
      name: `${probe.id}: ${probe.question}`,
      expected: probe.assumed,
    } as const;
    if (probe.needs === "session" && context.sessions === undefined) {
      report({ ...about, status: "skipped", why: "takes a role to assume: --as-role ARN" });
      continue;
    }
    onStart(probe.question);
    const start = performance.now();
    try {
      const { observed, isAsAssumed } = await probe.ask(context);
      const seconds = (performance.now() - start) / 1000;
      report({ ...about, status: isAsAssumed ? "passed" : "differs", observed, seconds });
    } catch (error) {
      context.signal.throwIfAborted();
      report({ ...about, status: "skipped", why: inWords(error) });
    }
  }
}
