import { actionsOfOperation } from "../../catalog/operations.ts";
import type { InspectedCondition, InspectedStatement, Inspection } from "../../iam/inspect.ts";
import { nearest } from "../../iam/nearest.ts";
import type { AccessRequest, PolicyKind } from "../../iam/types.ts";
import { exampleFor, failsByCase } from "./conditions.ts";
import type { Difference } from "./explanation.ts";
import { lessonOf } from "./lessons.ts";
import { type Naming, type ResourceDifference, resourceDifference } from "./resource-difference.ts";

export interface Candidate {
  readonly statement: InspectedStatement;
  readonly differences: readonly Difference[];
  /** How the action misses: a name that does not exist is corrected, another action gets a statement of its own. */
  readonly action: "fits" | "misnamed" | "other";
}

/** What a difference counts. Beyond `unrelated`, a statement about another action has nothing to teach. */
const weights = { misnamed: 1, otherAction: 2, condition: 1, principal: 2 };
const unrelated = 3;

/**
 * Of the statements of one kind that allow something, the one that lacks least to allow this request.
 *
 * @param isAction Whether an action exists, to tell a misspelt one from another one.
 * @returns undefined when none is about anything like it.
 */
export function nearestStatement(
  inspection: Inspection,
  kind: PolicyKind,
  request: AccessRequest,
  naming: Naming,
  isAction: (action: string) => boolean,
): Candidate | undefined {
  const ranked = inspection.statements
    .filter((statement) => statement.kind === kind && statement.effect === "Allow" && !statement.applies)
    .flatMap((statement) => candidate(statement, request, naming, isAction) ?? [])
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

function candidate(
  statement: InspectedStatement,
  request: AccessRequest,
  naming: Naming,
  isAction: (action: string) => boolean,
): { readonly candidate: Candidate; readonly distance: number } | undefined {
  const { actions, resources, principals } = statement.statement;
  // What a Not… leaves out, it leaves out on purpose.
  if ((actions.not && !statement.action) || (resources?.not && !statement.resource)) return undefined;
  const action = statement.action ? undefined : actionDifference(statement, request.action, isAction);
  if (action === "another service's") return undefined;
  const resource = statement.resource ? undefined : closestResource(statement, request, naming);
  const principal = statement.principal && !statement.principal.fits;
  if (principal && principals?.not) return undefined;
  // The conditions of another action say nothing about this one.
  const failed = action?.kind === "other" ? [] : statement.conditions.filter(({ holds }) => !holds);

  const distance =
    (action?.distance ?? 0) +
    (resource?.distance ?? 0) +
    failed.length * weights.condition +
    (principal ? weights.principal : 0);
  if (action?.kind === "other" && distance > unrelated) return undefined;
  return {
    distance,
    candidate: {
      statement,
      action: action?.kind ?? "fits",
      differences: [
        ...(principal ? [principalDifference(statement, request)] : []),
        ...(action ? [{ part: "action", says: action.says } as const] : []),
        ...(resource ? [resourcePart(resource)] : []),
        ...failed.map((condition) => conditionDifference(condition, request)),
      ],
    },
  };
}

function actionDifference(
  { statement }: InspectedStatement,
  asked: string,
  isAction: (action: string) => boolean,
):
  | { readonly kind: "misnamed" | "other"; readonly distance: number; readonly says: string }
  | "another service's" {
  const service = asked.split(":")[0]?.toLowerCase();
  const patterns = statement.actions.patterns.filter(
    (pattern) => pattern.split(":")[0]?.toLowerCase() === service,
  );
  if (patterns.length === 0) return "another service's";
  const operation = patterns.find((pattern) =>
    actionsOfOperation(pattern).some((action) => action.toLowerCase() === asked.toLowerCase()),
  );
  if (operation !== undefined) {
    return {
      kind: "misnamed",
      distance: weights.misnamed,
      says: `${operation} is an operation of the API, and no action; what it asks for is ${asked}`,
    };
  }
  const misspelt = patterns.find(
    (pattern) => !/[*?]/.test(pattern) && !isAction(pattern) && nearest(pattern, [asked]) !== undefined,
  );
  if (misspelt !== undefined) {
    return {
      kind: "misnamed",
      distance: weights.misnamed,
      says: `${misspelt} does not exist; it is spelled ${asked}`,
    };
  }
  const lesson = lessonOf(asked);
  return {
    kind: "other",
    distance: weights.otherAction,
    says: `another action: the statement has ${patterns.join(", ")}, the question ${asked}${lesson ? `. ${lesson}` : ""}`,
  };
}

function closestResource({ statement }: InspectedStatement, request: AccessRequest, naming: Naming) {
  return (statement.resources?.patterns ?? [])
    .map((pattern) => resourceDifference(pattern, request.resource, request.action, naming))
    .sort((a, b) => a.distance - b.distance)[0];
}

function resourcePart({ says, instead }: ResourceDifference): Difference {
  return { part: "resource", says, ...(instead !== undefined && { instead }) };
}

function conditionDifference(condition: InspectedCondition, request: AccessRequest): Difference {
  const { operator, key, values, actual } = condition;
  const example = exampleFor(condition, "2012-10-17", request.context, true);
  const inCase = failsByCase(condition, "2012-10-17", request.context)
    ? ": the case of the letters counts"
    : "";
  const has =
    actual === "absent" ? "the request does not carry the key" : `the request has ${shown(actual)}${inCase}`;
  return {
    part: "condition",
    says: `${operator} ${key}: the statement wants ${shown(values, "or")}, ${has}`,
    ...(example !== undefined && { instead: `${key}=${example}` }),
  };
}

function principalDifference({ statement }: InspectedStatement, { caller }: AccessRequest): Difference {
  const { aws = [], services = [], federated = [] } = statement.principals ?? {};
  const named = [...aws, ...services, ...federated];
  const who = caller.type === "service" ? caller.service : caller.principalArn;
  return {
    part: "principal",
    says: `the statement is for ${named.join(", ") || "nobody"}, and not for ${who}`,
  };
}

/** Values as a reader sees them: an empty one too. */
export function shown(values: readonly string[], conjunction = "and"): string {
  return values.map((value) => (value === "" ? '""' : value)).join(` ${conjunction} `);
}
