import { compileCondition, toContext } from "../../iam/conditions.ts";
import type { InspectedCondition } from "../../iam/inspect.ts";
import type { AccessRequest, Condition, Policy } from "../../iam/types.ts";

type RequestContext = AccessRequest["context"];

/** Whether a condition holds for a request whose key has these values; none is absent. */
function holds(
  condition: Condition,
  version: Policy["version"],
  context: RequestContext,
  values?: readonly string[],
): boolean {
  const keys = toContext(context);
  if (values === undefined) return compileCondition(condition, version)(keys);
  const key = condition.key.toLowerCase();
  const others = [...keys].filter(([name]) => name !== key);
  const own = values.length === 0 ? [] : [[key, values] as const];
  return compileCondition(condition, version)(new Map([...others, ...own]));
}

/**
 * The values with which a condition that fails would hold for a request: the request's own beside those that stand
 * there, or without those that exclude it. None where only lifting the condition helps: the key is absent, or the
 * operator compares by order.
 */
export function widened(
  { operator, key, values, actual }: InspectedCondition,
  version: Policy["version"],
  context: RequestContext,
): readonly string[] {
  if (actual === "absent") return [];
  const spared = values.filter((value) => holds({ operator, key, values: [value] }, version, context));
  const added = [
    ...values,
    ...actual.filter((value) => !values.includes(value)).map((value) => escaped(value, version)),
  ];
  const candidates = [spared, added];
  return (
    candidates.find((candidate) => {
      // A value may not be of the operator's type: a request can hold anything.
      try {
        return candidate.length > 0 && holds({ operator, key, values: candidate }, version, context);
      } catch {
        return false;
      }
    }) ?? []
  );
}

/** Whether it is by the case of letters alone that a condition fails which heeds it. */
export function failsByCase(
  { operator, key, values, actual }: InspectedCondition,
  version: Policy["version"],
  context: RequestContext,
): boolean {
  if (actual === "absent" || !/^(?:For\w+:)?String(?:Equals|Like)/.test(operator)) return false;
  const inLowerCase = (list: readonly string[]) => list.map((value) => value.toLowerCase());
  return holds({ operator, key, values: inLowerCase(values) }, version, context, inLowerCase(actual));
}

/** A value of the request as a policy writes it, so that nothing in it is a wildcard or a variable. */
export function escaped(value: string, version: Policy["version"]): string {
  return version === "2008-10-17"
    ? value
    : value.replace(/[*?]|\$(?=\{)/g, (character) => `\${${character}}`);
}

/**
 * A value of the key with which a request would satisfy the condition, or would not.
 *
 * @returns undefined where none suggests itself.
 */
export function exampleFor(
  condition: Condition,
  version: Policy["version"],
  context: RequestContext,
  wanted: boolean,
): string | undefined {
  return condition.values
    .flatMap(similarValues)
    .find((value) => holds(condition, version, context, [value]) === wanted);
}

/** A value of a policy as a request could have it: as it stands, a pattern's shortest case, the other of two, a neighbour. */
function similarValues(value: string): string[] {
  if (/^true$/i.test(value)) return ["true", "false"];
  if (/^false$/i.test(value)) return ["false", "true"];
  if (/^-?\d+$/.test(value)) return [value, String(Number(value) - 1), String(Number(value) + 1)];
  if (/\$\{[^*?$]/.test(value)) return [];
  const unescaped = value.replace(/\$\{([*?$])\}/g, "$1");
  if (unescaped !== value) return [unescaped];
  return /[*?]/.test(value) ? [value.replace(/\*/g, "").replace(/\?/g, "x")] : [value];
}
