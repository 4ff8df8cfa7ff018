import type { Decision, KnownDecision, NamedPolicy, Policy } from "./types.ts";

/**
 * What cannot be known offline (an imported value, a database's endpoint) stands in texts as `⟨NAME⟩`: opaque, equal
 * to nothing but itself. A decision that hangs on one is unknown, and names it.
 */
export function unknown(name: string): string {
  return `${OPEN}${name.replaceAll(/[⟨⟩]/g, "")}${CLOSE}`;
}

/** The names of the unknowns in a text, each once. */
export function unknownsIn(text: string): readonly string[] {
  if (!hasUnknown(text)) return [];
  return [...new Set([...text.matchAll(UNKNOWN)].map((match) => match[1] ?? ""))];
}

export function hasUnknown(text: string): boolean {
  return text.includes(OPEN);
}

/** In lower case but for the names of its unknowns. */
export function lowerCase(text: string): string {
  if (!hasUnknown(text)) return text.toLowerCase();
  return text.replaceAll(/⟨[^⟩]*⟩|[^⟨]+/g, (part) => (hasUnknown(part) ? part : part.toLowerCase()));
}

/** A policy of which nothing is known: it may allow anything, and deny anything. */
export function unknownPolicy(name: string, unknownName = name): NamedPolicy {
  return { name, unknown: unknownName, document: unknownDocument(unknownName) };
}

export function unknownDocument(name: string): Policy {
  return { version: "2012-10-17", statements: [], unknown: [name] };
}

const OPEN = "⟨";
const CLOSE = "⟩";
/** An unknown in a text, with its name. */
export const UNKNOWN: RegExp = /⟨([^⟩]*)⟩/g;

/** The decision as it is if the unknowns say nothing. */
export function otherwiseOf(decision: Decision): KnownDecision {
  return decision.outcome === "unknown" ? decision.otherwise : decision;
}

/** What a decision hangs on, and what to do about it. */
export function dependsOn(because: readonly string[]): string {
  return `depends on ${because.join(" and ")}, which ${because.length === 1 ? "is" : "are"} not in the template${howToGive(because)}`;
}

/**
 * What would turn an unknown decision round: `unless POLICY, which is not known here, denies it`. It follows the
 * decision as it is without the unknowns.
 */
export function unless({ because, otherwise }: Extract<Decision, { outcome: "unknown" }>): string {
  const isOne = because.length === 1;
  const [denies, allows, says] = isOne ? ["denies", "allows", "says"] : ["deny", "allow", "say"];
  // Only a policy allows or denies; a value decides whether a statement applies.
  const turns = !because.every(isPolicy)
    ? `${says} otherwise`
    : `${otherwise.outcome === "allowed" ? denies : allows} it`;
  return `unless ${because.join(" and ")}, which ${isOne ? "is" : "are"} not known here, ${turns}${howToGive(because)}`;
}

const isPolicy = (name: string): boolean => name.startsWith("arn:");

function howToGive(because: readonly string[]): string {
  return because.some(isPolicy)
    ? "; give a policy with --policy ARN=FILE"
    : because.some((name) => name.startsWith("parameter:"))
      ? "; give it with --params FILE"
      : "";
}
