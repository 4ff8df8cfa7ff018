import type { Policy } from "./types.ts";
import { unknown, unknownsIn } from "./unknown.ts";

/** What a request says of itself: condition keys in lower case, each with at least one value. */
export type Context = ReadonlyMap<string, readonly string[]>;

/** A stretch of a policy value whose variables were replaced. */
export interface Text {
  readonly text: string;
  /** Whether `*` and `?` in it are wildcards: as the policy wrote them they are, out of a variable they are not. */
  readonly wildcards: boolean;
}

/** A policy value cut at its variables. */
export type Part = Text | { readonly variable: string; readonly fallback?: string };

/**
 * Cuts a value of a statement's `Resource` or `Condition` at its policy variables: `${aws:username}`, with a
 * default `${aws:username, 'nobody'}`, and the escapes `${*}`, `${?}`, `${$}`. Before version 2012-10-17 of the
 * policy language there are none, and the value is taken as it stands.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 *
 * @throws Error when something between `${` and `}` is not a variable.
 */
export function parseVariables(value: string, version: Policy["version"]): readonly Part[] {
  if (version === "2008-10-17") return [{ text: value, wildcards: true }];
  const parts: Part[] = [];
  let end = 0;
  for (const match of value.matchAll(/\$\{([^}]*)\}/g)) {
    if (match.index > end) parts.push({ text: value.slice(end, match.index), wildcards: true });
    parts.push(parseVariable(match[1] ?? ""));
    end = match.index + match[0].length;
  }
  if (end < value.length || parts.length === 0) parts.push({ text: value.slice(end), wildcards: true });
  return parts;
}

/** Replaces the variables by what the request says; undefined when it does not say one and there is no default. */
export function substitute(parts: readonly Part[], context: Context): readonly Text[] | undefined {
  const texts: Text[] = [];
  for (const part of parts) {
    if ("text" in part) {
      texts.push(part);
      continue;
    }
    const values = context.get(part.variable);
    // A key with several values cannot stand for one text, so it is as good as absent.
    const text = values?.length === 1 ? values[0] : part.fallback;
    if (text === undefined) return undefined;
    texts.push({ text, wildcards: false });
  }
  return texts;
}

/** The parts as text when no variable is among them, so that a pattern can be compiled once for all requests. */
export function constant(parts: readonly Part[]): readonly Text[] | undefined {
  return parts.every((part) => "text" in part) ? parts : undefined;
}

function parseVariable(inside: string): Part {
  // Nobody knows which key it is, so what stands in its place is unknown.
  const [name] = unknownsIn(inside);
  if (name !== undefined) return { text: unknown(`variable ${name}`), wildcards: false };
  if (inside === "*" || inside === "?" || inside === "$") return { text: inside, wildcards: false };
  const [, key, fallback] = /^\s*([\w-]+:[^,']+?)\s*(?:,\s*'([^']*)'\s*)?$/.exec(inside) ?? [];
  if (key === undefined)
    throw new Error(
      `"\${${inside}}" is not a policy variable: write \${key} or \${key, 'default'} with a condition key such as aws:username`,
    );
  const variable = key.toLowerCase();
  return fallback === undefined ? { variable } : { variable, fallback };
}
