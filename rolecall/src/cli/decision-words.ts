import { dependsOn } from "../iam/unknown.ts";
import { type TracedDecision, tellingContext } from "../run/index.ts";
import type { Word } from "../terminal/terminal.ts";

/**
 * A decision as one line: when, who, what, on which resource, and the statement that decided.
 *
 * @param telling the condition keys of `tellingKeys`
 * @param shorten makes a shorter name of a resource that has one
 */
export function decisionWords(
  { time, who, action, resource, context, onBehalfBy, decision }: TracedDecision,
  telling: ReadonlySet<string>,
  shorten: (name: string) => string,
): Word[] {
  // What is denied is looked up by its whole name.
  const on = decision.outcome === "allowed" ? shorten(resource) : resource;
  return [
    ["dim", time.toISOString().slice(11, 23)],
    who.padEnd(24),
    onBehalfBy ? `${action}, by ${onBehalfBy},` : action,
    [on, ...tellingContext({ context }, telling, shorten)].join(", "),
    verdict(decision),
  ];
}

function verdict(decision: TracedDecision["decision"]): Word {
  switch (decision.outcome) {
    case "allowed":
      return ["green", `allowed by ${decision.by.sid ?? decision.by.policy}`];
    case "explicitly denied":
      return ["red", `denied by ${decision.by.sid ?? decision.by.policy}`];
    case "implicitly denied":
      return ["red", "denied: nothing allows it"];
    case "unknown":
      return ["red", `denied, for it is unknown here: it ${dependsOn(decision.because)}`];
  }
}
