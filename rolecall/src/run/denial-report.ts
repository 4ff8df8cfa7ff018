import type { TracedDecision } from "../gate/types.ts";
import { denialMessage } from "../iam/denial.ts";

/** A denial in AWS's words, and what would allow it. Undefined for what was allowed. */
export function denialReport(traced: TracedDecision): string | undefined {
  const { who, caller, action, resource, onBehalfBy, decision } = traced;
  if (decision.outcome === "allowed") return undefined;
  const message = denialMessage({ caller, action, resource }, decision, {
    quoteResource: action.startsWith("s3:"),
  });
  const asked = onBehalfBy ? `${who} was denied what ${onBehalfBy} asked on its behalf` : `${who} was denied`;
  return `${asked}:\n  ${message}\n  ${whereToLook(traced)}`;
}

function whereToLook({ who, caller, decision }: TracedDecision): string {
  if (decision.outcome === "explicitly denied") {
    return `Statement ${decision.by.sid ?? decision.by.index + 1} of the policy ${decision.by.policy} denies it.`;
  }
  if (caller.type === "service") return "A resource-based policy has to allow it.";
  if (who === "developer")
    return "The local run's developer has no such permission: see developer in rolecall.config.ts.";
  return `No statement of the execution role of ${who} allows it.`;
}
