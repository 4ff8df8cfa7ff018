import { decide } from "../iam/evaluate.ts";
import { policyHolder } from "../iam/global-context.ts";
import type { Decision, NamedPolicy, Policy, Statement } from "../iam/types.ts";
import type { TracedDecision } from "../run/index.ts";
import type { Holder, Holding } from "./mutants.ts";
import type { Scenario } from "./scenario.ts";

/** A scenario as it went with the policies as they are. */
export interface RecordedScenario {
  readonly scenario: Scenario;
  readonly decisions: readonly TracedDecision[];
  /** Seconds. */
  readonly took: number;
}

/** Everything that was asked of IAM. */
export interface Recording {
  readonly accountId: string;
  /** When the run was started, as the stack is deployed. */
  readonly startup: readonly TracedDecision[];
  readonly scenarios: readonly RecordedScenario[];
  /** The policies that it was recorded with, but for the developer's. */
  readonly holdings: readonly Holding[];
  /** By the function's key, for those that have one. */
  readonly boundaries: ReadonlyMap<string, NamedPolicy>;
}

/** The requests that were allowed, and that show a need: not those of whoever tried something forbidden. */
export function needs({ scenarios }: Recording): readonly TracedDecision[] {
  return scenarios
    .filter(({ scenario }) => !scenario.isAttempt)
    .flatMap(({ decisions }) => decisions.filter(({ decision }) => decision.outcome === "allowed"));
}

/** Whether a request is decided by the holder's policies too. */
export function concerns({ who, resource }: TracedDecision, holder: Holder): boolean {
  if (holder.type === "resource") return policyHolder(resource) === holder.arn;
  return holder.type === "role" && who === holder.functionKey;
}

export function policiesOf(
  { holdings }: Recording,
  isIt: (holder: Holder) => boolean,
): readonly NamedPolicy[] {
  return holdings.find(({ holder }) => isIt(holder))?.policies ?? [];
}

/** @returns tells whether a statement, alone in a policy of the holder's, would allow a recorded request. */
export function allowedBy(
  { accountId }: Pick<Recording, "accountId">,
  { type }: Pick<Holder, "type">,
  statement: Statement,
  version: Policy["version"] = "2012-10-17",
): (request: TracedDecision) => boolean {
  const alone = [{ name: "alone", document: { version, statements: [statement] } }];
  const policies =
    type === "resource" ? { identity: [], resource: alone } : { identity: alone, resource: [] };
  return ({ caller, action, resource, context }) =>
    decide({ caller, action, resource, resourceAccountId: accountId, context }, policies).outcome ===
    "allowed";
}

/** Decides a recorded request anew, with the policies of one holder exchanged. */
export function decideAgain(
  recording: Recording,
  { who, caller, action, resource, context }: TracedDecision,
  { holder, policies }: Holding,
): Decision {
  const boundary = recording.boundaries.get(who);
  const arn = policyHolder(resource);
  const identity =
    holder.type === "role" && holder.functionKey === who
      ? policies
      : policiesOf(recording, (one) => one.type === "role" && one.functionKey === who);
  const onResource =
    holder.type === "resource" && holder.arn === arn
      ? policies
      : policiesOf(recording, (one) => one.type === "resource" && one.arn === arn);
  return decide(
    { caller, action, resource, resourceAccountId: recording.accountId, context },
    { identity, resource: onResource, ...(boundary && { boundary }) },
  );
}

/**
 * Decides every recorded request anew with the policies as they were.
 *
 * @returns how many decisions that is in a second.
 * @throws Error when one comes out otherwise than it did: then what is decided anew tells nothing.
 */
export function verifyRecording(recording: Recording): number {
  const requests = [...recording.startup, ...recording.scenarios.flatMap(({ decisions }) => decisions)];
  const unchanged: Holding = { holder: { type: "resource", arn: "" }, policies: [] };
  const start = performance.now();
  // The developer is not of the packaged service.
  const decided = requests.filter(({ who }) => who !== "developer");
  for (const request of decided) {
    const { outcome } = decideAgain(recording, request, unchanged);
    if (outcome !== request.decision.outcome)
      throw new Error(
        `${request.who} ${request.action}: was ${request.decision.outcome}, and is now ${outcome}`,
      );
  }
  return decided.length / ((performance.now() - start) / 1000);
}
