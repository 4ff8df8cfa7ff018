import type { ActionFacts, ResourceTypeFacts } from "../../../catalog/actions.ts";
import { overlap } from "../../../catalog/overlap.ts";
import { patternOf, typesNamedBy } from "../../../catalog/resource-types.ts";
import { hasUnknown } from "../../../iam/unknown.ts";
import type { Stack } from "../../../stack/template.ts";
import { asWritten } from "../../../stack/written.ts";
import type { Problem, Rule } from "../finding.ts";
import type { PlacedStatement } from "../statements.ts";
import { attachesToVpc } from "../vpc.ts";
import { list } from "../words.ts";

/** What is asked of a bucket is not asked of its objects, and an action without a resource type takes `*` alone. */
export const resourceType: Rule = {
  name: "resource-type",
  *check({ statements, service: { stack } }) {
    for (const placed of statements) {
      // What a framework writes in vain does no harm, and nobody here can mend it.
      if (!placed.isWritten) continue;
      const { resources, actions } = placed.statement;
      if (resources === undefined || resources.not || actions.not || actions.patterns.includes("*")) continue;
      const mismatches = placed.actions.flatMap(({ pattern, actions: named }) =>
        named.length > 0 && !named.some((action) => takesAny(placed, action, resources.patterns))
          ? [{ pattern, action: named[0] as ActionFacts }]
          : [],
      );
      for (const { pattern, action } of mismatches) yield actionProblem(placed, pattern, action, stack);
      const named = placed.actions.flatMap((one) => one.actions);
      if (named.length === 0 || mismatches.length === placed.actions.length) continue;
      for (const pattern of resources.patterns) {
        if (!named.some((action) => takes(placed, action, pattern)))
          yield patternProblem(placed, pattern, named);
      }
    }
  },
};

function takesAny(placed: PlacedStatement, action: ActionFacts, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => takes(placed, action, pattern));
}

function takes({ kind, version }: PlacedStatement, action: ActionFacts, pattern: string): boolean {
  if (pattern === "*" || hasUnknown(pattern)) return true;
  // A service that stores its own policies compares them with its own resource's ARN, whatever the reference lists.
  if (action.resourceTypes.length === 0) return kind === "resource-based";
  return typesNamedBy(pattern, action, version).length > 0;
}

function actionProblem(placed: PlacedStatement, pattern: string, action: ActionFacts, stack: Stack): Problem {
  const { statement, name, subject, source, version } = placed;
  const patterns = statement.resources?.patterns ?? [];
  const consequence = statement.effect === "Allow" ? "it is never allowed" : "it is never denied";
  if (action.resourceTypes.length === 0) {
    return {
      severity: "error",
      subject,
      message: `${name}: ${pattern} takes no resource, so with ${list(patterns, "and")} ${consequence}.`,
      fix: 'Write Resource: "*", and limit it by a Condition.',
      source,
    };
  }
  const better = patterns
    .flatMap((one) => [`${one}/*`, one.replace(/\/.*$/, ""), `${one}:*`])
    .find((one) => typesNamedBy(one, action, version).length > 0);
  return {
    severity: "error",
    subject,
    message: `${name}: ${pattern} is asked of a resource like ${mainType(action).arn}, which ${list(patterns, "and")} can never name, so ${consequence}.`,
    fix:
      better === undefined
        ? `Write an ARN like ${mainType(action).arn}.`
        : `Write ${asWritten(better, stack)}.`,
    source,
  };
}

function patternProblem(placed: PlacedStatement, pattern: string, actions: readonly ActionFacts[]): Problem {
  const { name, subject, source } = placed;
  const forms = [
    ...new Set(actions.flatMap((action) => (action.resourceTypes.length > 0 ? [mainType(action).arn] : []))),
  ];
  return {
    severity: "error",
    subject,
    message: `${name}: no action of the statement takes ${pattern}.`,
    fix: forms.length === 0 ? "Take it out." : `Take it out, or write an ARN like ${list(forms, "or")}.`,
    source,
  };
}

/** What the action is mostly asked of: an object rather than an object behind an access point. */
function mainType({ resourceTypes }: ActionFacts): ResourceTypeFacts {
  return resourceTypes.reduce((shortest, type) => (type.arn.length < shortest.arn.length ? type : shortest));
}

/** A resource-based policy can only speak of what it is attached to. */
export const attachedElsewhere: Rule = {
  name: "attached-elsewhere",
  *check({ statements, service: { stack } }) {
    for (const { kind, statement, version, attachedTo, name, subject, source } of statements) {
      const { resources } = statement;
      if (kind !== "resource-based" || resources === undefined || resources.not) continue;
      const own = attachedTo.flatMap((arn) =>
        [arn, `${arn}/*`, `${arn}:*`].map((one) => patternOf(one, "2008-10-17")),
      );
      for (const pattern of resources.patterns) {
        if (hasUnknown(pattern) || attachedTo.some(hasUnknown)) continue;
        if (own.some((one) => overlap(one, patternOf(pattern, version)))) continue;
        yield {
          severity: "error",
          subject,
          message: `${name}: ${pattern} is not what the policy is attached to, so the statement never applies to it.`,
          fix: `Write ${list(
            attachedTo.map((arn) => asWritten(arn, stack)),
            "or",
          )}, or what is in it.`,
          source,
        };
      }
    }
  },
};

export const everyResource: Rule = {
  name: "every-resource",
  *check({ statements, service }) {
    for (const placed of statements) {
      const { kind, statement, version, actions, name, subject, source, isWritten } = placed;
      const { resources, effect } = statement;
      if (kind !== "identity-based" || effect !== "Allow" || resources === undefined || resources.not)
        continue;
      for (const pattern of resources.patterns.filter(isEverything)) {
        const reaching = actions
          .flatMap((one) => one.actions)
          .filter((action) => typesNamedBy(pattern, action, version).length > 0)
          .filter((action) => !attachesToVpc(action.name, placed, service));
        const [first] = reaching;
        if (first === undefined) continue;
        yield {
          severity: isWritten ? "error" : "warning",
          subject,
          message: `${name}: ${pattern} lets ${first.name} reach every ${mainType(first).name} that the account may reach.`,
          fix: `Name the stack's own, by !GetAtt or !Sub: an ARN like ${mainType(first).arn}.`,
          source,
        };
      }
    }
  },
};

/** `*`, an ARN that ends in its first segments, or one whose name is nothing but wildcards. */
export function isEverything(pattern: string): boolean {
  if (hasUnknown(pattern)) return false;
  const segments = pattern.split(":");
  if (segments.length < 6) return true;
  const name = segments.slice(5).join(":");
  const anyName = segments[2] === "s3" ? /^[*?/]*$/ : /^(?:[a-z-]+[:/])?[*?:/]*$/;
  return name.includes("*") && anyName.test(name);
}
