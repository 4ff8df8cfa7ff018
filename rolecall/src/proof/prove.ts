import { availableParallelism } from "node:os";
import { SenselessQuestion } from "../ask/explain/senseless.ts";
import { readPackaged } from "../project/packaged.ts";
import { describeService, type Service } from "../stack/source/service.ts";
import { resolveTemplate } from "../stack/template.ts";
import { type Closed, findOpen } from "./closed.ts";
import { findSpare, isMinimal, type Minimal, type MinimalOptions } from "./minimal.ts";
import { createRunners, type Where } from "./runners.ts";
import type { Scenario } from "./scenario.ts";
import { record, type Sufficient } from "./sufficient.ts";

export interface ProveOptions extends Where, Partial<MinimalOptions> {
  /** What the service does. */
  readonly scenarios: readonly Scenario[];
  /** Other stages, whose things must be out of reach, and out of whose reach this one's must be. */
  readonly neighbours: Promise<readonly Service[]>;
}

export interface Proof {
  readonly service: Service;
  readonly sufficient: Sufficient;
  /** Absent where the policies do not suffice: a scenario that fails anyway shows nothing. */
  readonly minimal?: Minimal;
  readonly closed: Closed;
  /** Whether there is nothing to report. */
  readonly holds: boolean;
  /** Seconds. */
  readonly took: number;
}

/** More would wait for the processors. */
const mostRunners = 4;

/**
 * Shows of a packaged service that its policies suffice, that they say nothing that no scenario needs, and that no
 * function reaches what is another's.
 *
 * @throws {SenselessQuestion} for a function that the service does not have
 * @throws Error as `startLocalAws` does
 */
export async function prove(options: ProveOptions): Promise<Proof> {
  const { neighbours, scenarios, functions, exceptions, onProgress = () => {} } = options;
  const start = performance.now();
  // Nobody waits for it until the scenarios were run.
  neighbours.catch(() => {});
  const runners = createRunners(options, Math.min(availableParallelism(), mostRunners));
  try {
    const service = await readService(options);
    refuseUnknown(service, functions);
    const { recording, sufficient } = await record(service, scenarios, runners, onProgress);
    const minimal =
      sufficient.findings.length === 0
        ? await findSpare(service, recording, runners, { functions, exceptions, onProgress })
        : undefined;
    const closed = findOpen(service, await neighbours, recording);
    return {
      service,
      sufficient,
      ...(minimal && { minimal }),
      closed,
      holds: minimal !== undefined && isMinimal(minimal) && closed.open.length + closed.notTried.length === 0,
      took: (performance.now() - start) / 1000,
    };
  } finally {
    await runners.close();
  }
}

async function readService({ packaged, stage, region, parameters, policies }: Where): Promise<Service> {
  const { template } = await readPackaged(packaged);
  // The account of the local run, and the stack as it calls it.
  const place = { accountId: "123456789012", partition: "aws", region, stackName: `local-${stage}` };
  const given = { ...(parameters && { parameters }), ...(policies && { policies }) };
  return describeService(resolveTemplate(template, { ...place, ...given }), stage);
}

function refuseUnknown({ roles }: Service, functions: readonly string[] = []): void {
  const known = roles.map(({ functionKey }) => functionKey);
  const unknown = functions.find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new SenselessQuestion(`There is no function ${unknown}; there are ${known.join(", ")}.`);
}
