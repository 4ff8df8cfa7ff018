import { carries, ownKeys } from "../../../catalog/condition-keys.ts";
import type { Condition } from "../../../iam/types.ts";
import type { Problem, Rule } from "../finding.ts";
import { holdsWithoutKey, parseOperator } from "../operators.ts";
import type { PlacedStatement } from "../statements.ts";
import { list, some } from "../words.ts";

export const unknownConditionKey: Rule = {
  name: "unknown-condition-key",
  *check({ statements }) {
    for (const { statement, keys, name, subject, source } of statements) {
      for (const condition of statement.conditions) {
        const named = keys.get(condition.key);
        if (named === undefined || named.facts !== undefined) continue;
        yield {
          severity: "error",
          subject,
          message: `${name}: there is no condition key ${condition.key}, so ${consequence(statement.effect, condition)}.`,
          fix:
            named.suggestion === undefined
              ? "Look the key up in the Service Authorization Reference, or take the condition out."
              : `Write ${named.suggestion}.`,
          source,
        };
      }
    }
  },
};

/**
 * Why a function never sends a global key.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const neverFromFunctions: ReadonlyMap<string, string> = new Map([
  ["aws:chatbotsourcearn", "only a chat application's sessions have it"],
  ["aws:ec2instancesourceprivateipv4", "only an instance's own role has it"],
  ["aws:ec2instancesourcevpc", "only an instance's own role has it"],
  ["aws:federatedprovider", "only federated users have it"],
  ["aws:multifactorauthage", "a function signs in with no second factor"],
  ["aws:multifactorauthpresent", "a function signs in with no second factor"],
  ["aws:principalservicename", "only AWS services that act for themselves have it"],
  ["aws:principalservicenameslist", "only AWS services that act for themselves have it"],
  ["aws:sourceaccount", "only AWS services that act for a resource send it"],
  ["aws:sourcearn", "only AWS services that act for a resource send it"],
  ["aws:sourceorgid", "only AWS services that act for a resource send it"],
  ["aws:sourceorgpaths", "only AWS services that act for a resource send it"],
  ["aws:sourceowner", "only AWS services that act for a resource send it"],
  ["aws:username", "only IAM users have a user name"],
]);

export const conditionKeyNeverCarried: Rule = {
  name: "condition-key-never-carried",
  *check({ statements }) {
    for (const placed of statements) {
      for (const condition of placed.statement.conditions) {
        if (placed.keys.get(condition.key)?.facts === undefined) continue;
        const isFunctions = placed.kind === "identity-based" || placed.kind === "boundary";
        const reason = isFunctions ? neverFromFunctions.get(condition.key.toLowerCase()) : undefined;
        if (reason !== undefined) {
          const { statement, name, subject, source } = placed;
          yield {
            severity: "error",
            subject,
            message: `${name}: a function's requests never carry ${condition.key} (${reason}), so ${consequence(statement.effect, condition)}.`,
            fix: "Limit the statement by its resource, or by a key that the action itself carries.",
            source,
          };
        } else yield* notCarried(placed, condition);
      }
    }
  },
};

function* notCarried(placed: PlacedStatement, condition: Condition): Iterable<Problem> {
  const { statement, name, subject, source } = placed;
  const known = placed.actions.filter(({ actions }) => actions.length > 0);
  const without = known.filter(({ actions }) => !actions.some((action) => carries(action, condition.key)));
  // IfExists is how one condition is written for several actions of which some carry the key.
  const isMeant = without.length < known.length && parseOperator(condition.operator).ifExists;
  if (without.length === 0 || isMeant) return;
  const patterns = without.map(({ pattern }) => pattern);
  const own = [...new Set(without.flatMap(({ actions }) => actions.flatMap(ownKeys)))];
  const alternatives = own.length === 0 ? "its Resource alone" : `its Resource, or by ${some(own, 6)}`;
  yield {
    severity: "error",
    subject,
    message: `${name}: ${list(patterns, "and")} never ${patterns.length === 1 ? "carries" : "carry"} ${condition.key}, so ${consequence(statement.effect, condition)}.`,
    fix:
      without.length < known.length
        ? `Write a statement of its own for ${list(patterns, "and")}, limited by ${alternatives}.`
        : `Limit ${list(patterns, "and")} by ${alternatives}.`,
    source,
  };
}

/** What a condition on a key that is never there does. */
function consequence(effect: "Allow" | "Deny", condition: Condition): string {
  const holds = holdsWithoutKey(condition);
  if (effect === "Allow") return holds ? "the condition limits nothing" : "this Allow never applies";
  return holds ? "this Deny always applies" : "this Deny never applies";
}

/** Keys that every request has. */
const alwaysThere: ReadonlySet<string> = new Set([
  "aws:currenttime",
  "aws:epochtime",
  "aws:principalaccount",
  "aws:principalarn",
  "aws:principaltype",
  "aws:securetransport",
  "aws:userid",
]);

/** An Allow that means to limit a value, and lets through whoever does not send one. */
export const openWhenAbsent: Rule = {
  name: "open-when-absent",
  *check({ statements }) {
    for (const placed of statements) {
      const { statement, actions, name, subject, source } = placed;
      if (statement.effect !== "Allow") continue;
      for (const condition of statement.conditions) {
        const { base, set } = parseOperator(condition.operator);
        const isSent = actions.some((one) => one.actions.some((action) => carries(action, condition.key)));
        const isAsked = statement.conditions.some(
          ({ operator, key, values }) =>
            operator === "Null" &&
            key.toLowerCase() === condition.key.toLowerCase() &&
            values.includes("false"),
        );
        if (base === "Null" || alwaysThere.has(condition.key.toLowerCase()) || !isSent || isAsked) continue;
        if (!holdsWithoutKey(condition)) continue;
        yield {
          severity: set === "ForAllValues" ? "error" : "warning",
          subject,
          message: `${name}: ${condition.operator} with ${condition.key} also allows a request that does not carry the key.`,
          fix: requiring(condition),
          source,
        };
      }
    }
  },
};

function requiring({ operator, key }: Condition): string {
  const { set, ifExists, negated } = parseOperator(operator);
  const guard = `Null: { ${key}: "false" }`;
  if (set === "ForAllValues") return `Add ${guard}, or write ForAnyValue.`;
  if (ifExists && !negated)
    return `Write ${operator.replace(/IfExists$/, "")}; where only some of the actions carry the key, give those a statement of their own.`;
  return `Write the values that are allowed, with a positive operator; or add ${guard}.`;
}
