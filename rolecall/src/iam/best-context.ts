import type { Policy, Statement } from "./types.ts";
import { hasUnknown } from "./unknown.ts";

/**
 * The policy in the context that suits the caller best, so that deciding by it asks: is there a context in which this
 * is allowed? An Allow's conditions are taken as met and its variables as anything; a Deny with conditions or
 * variables as avoided. A condition of which nothing is known stays: no context meets it for certain.
 */
export function inTheBestContext(policy: Policy): Policy {
  return {
    ...policy,
    statements: policy.statements.flatMap((statement): Statement[] => {
      const { effect, resources } = statement;
      const conditions = statement.conditions.filter(({ operator }) => hasUnknown(operator));
      const isAvoidable = conditions.length < statement.conditions.length || hasVariable(statement);
      if (effect === "Deny") return isAvoidable ? [] : [statement];
      if (resources === undefined) return [{ ...statement, conditions }];
      const patterns = resources.patterns.map((pattern) => pattern.replace(variable, "*"));
      // What is left out by way of a variable need not be.
      const isAnything = resources.not && hasVariable(statement);
      return [
        {
          ...statement,
          conditions,
          resources: isAnything ? { not: false, patterns: ["*"] } : { not: resources.not, patterns },
        },
      ];
    }),
  };
}

/** `${aws:username}`, but not the escapes `${*}`, `${?}` and `${$}`. */
const variable = /\$\{[^}*?$][^}]*\}/g;

function hasVariable({ resources }: Statement): boolean {
  return resources?.patterns.some((pattern) => pattern.search(variable) >= 0) ?? false;
}
