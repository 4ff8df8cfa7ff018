import { availableParallelism } from "node:os";
import type { Lab } from "./lab.ts";
import { type LabRun, runLab } from "./run-lab.ts";

export type Outcome = LabRun | Error;

/**
 * Runs labs, as many at once as this machine has processors.
 *
 * @param onDone Told each as it ends: how it went, or the error of one that did not show as it should.
 */
export async function runLabs(
  labs: readonly Lab[],
  root: string,
  onDone: (lab: Lab, outcome: Outcome) => unknown,
): Promise<void> {
  const waiting = [...labs];
  const work = async () => {
    for (let lab = waiting.shift(); lab; lab = waiting.shift()) {
      const outcome = await runLab(lab, root).catch((error: unknown) =>
        error instanceof Error ? error : new Error(String(error)),
      );
      await onDone(lab, outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), labs.length) }, work));
}
