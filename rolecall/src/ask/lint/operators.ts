import type { ConditionKeyFacts } from "../../catalog/condition-keys.ts";
import type { Condition } from "../../iam/types.ts";

/** A condition's operator, taken apart. */
export interface Operator {
  readonly set?: "ForAllValues" | "ForAnyValue";
  /** Without set and `IfExists`: `StringNotEquals`. */
  readonly base: string;
  readonly ifExists: boolean;
  readonly negated: boolean;
  /** What it compares; absent for `Null`, which asks only whether the key is there. */
  readonly family?: ConditionKeyFacts["type"] | "Binary";
}

export function parseOperator(operator: string): Operator {
  const [, set, base = operator, ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  const family = familyOf(base);
  return {
    ...(set !== undefined && { set: set as NonNullable<Operator["set"]> }),
    base,
    ifExists: ifExists !== undefined,
    negated: base.includes("Not"),
    ...(family !== undefined && { family }),
  };
}

function familyOf(base: string): Operator["family"] {
  if (base === "IpAddress" || base === "NotIpAddress") return "IPAddress";
  if (base.startsWith("Arn")) return "ARN";
  return (["String", "Numeric", "Date", "Bool", "Binary"] as const).find((family) => base.startsWith(family));
}

/**
 * Whether a condition holds for a request without its key.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function holdsWithoutKey({ operator, values }: Condition): boolean {
  const { base, set, ifExists, negated } = parseOperator(operator);
  if (base === "Null") return values.some((value) => value.toLowerCase() === "true");
  return ifExists || set === "ForAllValues" || (set === undefined && negated);
}
