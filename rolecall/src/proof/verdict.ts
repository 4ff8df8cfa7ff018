import { decide } from "../iam/evaluate.ts";
import type { TracedDecision } from "../run/index.ts";
import type { Holding, Mutant } from "./mutants.ts";
import { concerns, decideAgain, type Recording } from "./recording.ts";
import type { Scenario } from "./scenario.ts";

/** What a change of the policies comes to, as far as the recorded requests tell. */
export type Judgement =
  /** A refusal that a scenario asks for would not come any more: that is the change of behaviour. */
  | { readonly type: "decided"; readonly scenario: Scenario; readonly request: TracedDecision }
  /** Only what Lambda itself asks for changes, in the model's name, or what is asked when the stack is deployed. */
  | { readonly type: "by rule"; readonly request: Pick<TracedDecision, "who" | "action"> }
  /** These answers change, and whether the service then does something else has to be seen; the quickest first. */
  | { readonly type: "open"; readonly suspects: readonly Suspect[] }
  | { readonly type: "unchanged" };

export interface Suspect {
  readonly scenario: Scenario;
  /** A request whose answer changes in it. */
  readonly request: TracedDecision;
}

/**
 * What the local run asks in Lambda's name, and no code of a function: to write the log, and to poll a queue.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
 */
const askedByLambda = new Set([
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "sqs:DeleteMessage",
  "sqs:GetQueueAttributes",
  "sqs:ReceiveMessage",
]);

export const isAskedByLambda = ({ action }: Pick<TracedDecision, "action">): boolean =>
  askedByLambda.has(action);

const isAllowed = ({ outcome }: { readonly outcome: string }) => outcome === "allowed";

/** Holds a change of the policies against every recorded request. */
export function judge(recording: Recording, mutant: Mutant): Judgement {
  if (mutant.holder.type === "trust") return judgeTrust(recording, mutant);
  const changes = (request: TracedDecision) =>
    concerns(request, mutant.holder) &&
    isAllowed(decideAgain(recording, request, mutant)) !== isAllowed(request.decision);

  const suspects: (Suspect & { readonly took: number })[] = [];
  let byRule: TracedDecision | undefined = recording.startup.find(changes);
  for (const { scenario, decisions, took } of recording.scenarios) {
    const changed = decisions.filter((request) => isTelling(scenario, request) && changes(request));
    const lost = changed.find((request) => isLastRefusal(request, decisions, changed));
    if (lost) return { type: "decided", scenario, request: lost };
    const request = changed.find((one) => !isAskedByLambda(one));
    if (request) suspects.push({ scenario, request, took });
    byRule ??= changed[0];
  }
  if (suspects.length > 0) return { type: "open", suspects: suspects.sort((a, b) => a.took - b.took) };
  return byRule ? { type: "by rule", request: byRule } : { type: "unchanged" };
}

/** What is allowed to somebody who tries something forbidden in a function's name is no need of the function's. */
export function isTelling({ isAttempt }: Scenario, { decision }: TracedDecision): boolean {
  return !isAttempt || !isAllowed(decision);
}

/**
 * Whether with this change no refusal is left of those that the scenario asks for by `who action`: it fails for that,
 * whatever its steps make of it.
 */
function isLastRefusal(
  { who, action, decision }: TracedDecision,
  decisions: readonly TracedDecision[],
  changed: readonly TracedDecision[],
): boolean {
  if (isAllowed(decision)) return false;
  return decisions
    .filter((other) => other.who === who && other.action === action)
    .every((other) => isAllowed(other.decision) !== changed.includes(other));
}

/** The right to assume a role is asked for by Lambda alone, before any code runs. */
function judgeTrust({ accountId }: Recording, { policies }: Holding): Judgement {
  const who = "lambda.amazonaws.com";
  const action = "sts:AssumeRole";
  const { outcome } = decide(
    {
      caller: { type: "service", service: who },
      action,
      resource: "*",
      resourceAccountId: accountId,
      context: {},
    },
    { identity: [], resource: policies },
  );
  return outcome === "allowed" ? { type: "unchanged" } : { type: "by rule", request: { who, action } };
}
