import type { Condition, PrincipalElement, Statement } from "../../iam/types.ts";

type Element = Statement["actions"];

/** How a statement's elements are said, with names shortened by `shorten`. */
export interface StatementWords {
  /** Of a resource-based policy. */
  readonly who: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** E.g. `s3:prefix StringLike originals/*`. */
  readonly conditions: readonly string[];
}

export function wordsOf(statement: Statement, shorten: (text: string) => string): StatementWords {
  const { principals, actions, resources, conditions } = statement;
  return {
    who: principals === undefined ? [] : principalWords(principals),
    actions: actionWords(actions),
    // Only a trust policy has none, and it is about the role itself.
    resources: resources === undefined ? [] : resourceWords(resources, shorten),
    conditions: conditions.map((condition) => conditionWords(condition, shorten)),
  };
}

function principalWords(principals: PrincipalElement): readonly string[] {
  const { not, anyone, aws, services, federated } = principals;
  const named = anyone ? ["anyone"] : [...services, ...aws, ...federated];
  return not ? [`anyone but ${named.join(" and ")}`] : named;
}

export function actionWords({ not, patterns }: Element): readonly string[] {
  return not ? [`every action but ${patterns.join(" and ")}`] : patterns;
}

export function resourceWords(
  { not, patterns }: Element,
  shorten: (text: string) => string,
): readonly string[] {
  const short = patterns.map(shorten);
  return not ? [`everything but ${short.join(" and ")}`] : short;
}

function conditionWords({ key, operator, values }: Condition, shorten: (text: string) => string): string {
  return `${key} ${operator} ${values.map(shorten).join(" or ")}`;
}
