import type { Explanation, PlacedStatement } from "../ask/explain/explanation.ts";
import type { Names } from "../ask/report/names.ts";
import { policyWords } from "../iam/denial.ts";
import type { KnownDecision } from "../iam/types.ts";
import { dependsOn } from "../iam/unknown.ts";
import { placed, type Source } from "../stack/source/sources.ts";
import type { ExplanationMessage, Place, StatementReference, StepMessage } from "./messages.ts";
import { developer } from "./principals.ts";

/** An explanation as the page shows it: in words, with each statement that was asked under the question it was asked. */
export function explanationMessage(explanation: Explanation, names: Names): ExplanationMessage {
  const { asked, decision, by, nearest, changes, notes, statements } = explanation;
  const looked = new Set(
    statements.flatMap(({ conditions }) => conditions.map(({ key }) => key.toLowerCase())),
  );
  const isDeveloper = asked.principal.name === developer;
  return {
    principal: asked.principal,
    action: asked.action,
    resource: { short: names.shorten(asked.resource), full: asked.resource },
    outcome: decision.outcome,
    why: whyOf(decision),
    context: Object.entries({ ...asked.context, ...asked.filledIn }).map(([key, value]) => ({
      key,
      values: typeof value === "string" ? [value] : value,
      isLookedAt: looked.has(key.toLowerCase()),
    })),
    ...(by && { by: reference(by) }),
    ...(nearest && {
      nearest: {
        statement: reference(nearest.statement),
        differences: nearest.differences.map(({ part, says }) =>
          part === "condition" ? `condition ${says}` : says,
        ),
      },
    }),
    // The developer's policy is the local run's own, and stands in no file.
    changes: isDeveloper
      ? []
      : changes.map(({ says, source, edit }) => ({ says, inCall: edit === "context", ...place(source) })),
    notes: isDeveloper
      ? [...notes, "The local run's developer may invoke the API, and nothing else."]
      : notes,
    steps: stepsOf(explanation, names),
  };
}

/** E.g. `StoreAudio allows it`, `no identity-based policy allows it`. */
export function whyOf(decision: Explanation["decision"]): string {
  switch (decision.outcome) {
    case "allowed":
      return `${decidedBy(decision)} allows it`;
    case "explicitly denied":
      return `${decidedBy(decision)} denies it`;
    case "implicitly denied":
      return `no ${policyWords(decision.missing)} allows it`;
    case "unknown":
      return `it is unknown: it ${dependsOn(decision.because)}`;
  }
}

/** The Sid of the statement that decided, or its place. */
export function decidedBy({
  by: { sid, policy, index },
}: Exclude<KnownDecision, { outcome: "implicitly denied" }>): string {
  return sid ?? `statement ${index} of ${policy}`;
}

function stepsOf({ statements, decision, by }: Explanation, names: Names): readonly StepMessage[] {
  const denies = statements.filter(({ effect }) => effect === "Deny");
  const allows = statements.filter(({ effect }) => effect === "Allow");
  const step = (asks: string, asked: readonly PlacedStatement[], said: string): StepMessage => ({
    asks,
    answer: asked.some(({ applies }) => applies) ? said : asked.length === 0 ? "There is none." : "No.",
    statements: asked.map((statement) => ({
      ...reference(statement),
      effect: statement.effect,
      applies: statement.applies,
      decides: by !== undefined && isSame(statement, by),
      parts: partsOf(statement, names),
    })),
  });
  const denial = step("Does a statement deny it?", denies, "Yes: a Deny that applies always wins.");
  if (decision.outcome === "explicitly denied") return [denial];
  const kinds = Map.groupBy(allows, ({ kind }) => kind);
  return [
    denial,
    ...(kinds.size === 0 ? [step("Does a statement allow it?", [], "")] : []),
    ...[...kinds].map(([kind, ofKind]) =>
      step(`Does a statement of ${article(policyWords(kind))} allow it?`, ofKind, "Yes."),
    ),
  ];
}

const article = (words: string) => `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;

function partsOf(statement: PlacedStatement, { shorten }: Names): StepMessage["statements"][number]["parts"] {
  const { action, resource, principal, conditions, statement: content } = statement;
  const { actions, resources, principals } = content;
  const not = (element: { readonly not: boolean } | undefined) => (element?.not ? "Not" : "");
  const named = principals && [...principals.aws, ...principals.services, ...principals.federated];
  return [
    ...(principal
      ? [
          {
            part: `${not(principals)}Principal`,
            fits: principal.fits,
            says: named?.map(shorten).join(", ") ?? "none",
          },
        ]
      : []),
    { part: `${not(actions)}Action`, fits: action, says: actions.patterns.join(", ") || "none any more" },
    ...(resources
      ? [
          {
            part: `${not(resources)}Resource`,
            fits: resource,
            says: resources.patterns.map(shorten).join(", "),
          },
        ]
      : []),
    ...conditions.map(({ operator, key, values, actual, holds }) => ({
      part: "Condition",
      fits: holds,
      says: `${key} ${operator} ${values.map(shorten).join(" or ")}; the request has ${
        actual === "absent" ? "none" : actual.map((value) => shorten(value) || '""').join(", ")
      }`,
    })),
  ];
}

function isSame(one: PlacedStatement, other: PlacedStatement): boolean {
  return one.kind === other.kind && one.policy === other.policy && one.index === other.index;
}

/** A statement by its name, and where it stands. */
export function reference({ sid, index, policy, kind, source }: PlacedStatement): StatementReference {
  return {
    name: sid ?? `statement ${index} of ${policy}`,
    kind: policyWords(kind),
    ...place(placed(source)),
  };
}

/** Without what a source says beside the place. */
export function place(source: Source | undefined): { readonly place?: Place } {
  return source === undefined ? {} : { place: { file: source.file, line: source.line } };
}
