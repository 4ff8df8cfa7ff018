import * as v from "valibot";
import { checkOperator, compileCondition } from "./conditions.ts";
import type { Condition, Policy, PolicyKind, PrincipalElement, Statement } from "./types.ts";
import { hasUnknown, unknownDocument, unknownsIn } from "./unknown.ts";
import { parseVariables } from "./variables.ts";

const oneOrMany = v.pipe(
  v.union(
    [v.string(), v.pipe(v.array(v.string()), v.minLength(1, "an empty list names nothing"))],
    "expected a string or a list of strings",
  ),
  v.transform((value) => (typeof value === "string" ? [value] : value)),
);
const scalar = v.union([v.string(), v.number(), v.boolean()]);
const oneOrManyScalars = v.pipe(
  v.union(
    [scalar, v.pipe(v.array(scalar), v.minLength(1, "an empty list names nothing"))],
    "expected a string or a list of strings",
  ),
  v.transform((value) => (Array.isArray(value) ? value : [value]).map(String)),
);

/** What stands in the place of something larger that is not known. */
const unknownText = v.pipe(v.string(), v.check(hasUnknown, "expected an object"));

const principalSchema = v.union(
  [
    v.literal("*"),
    v.pipe(v.string(), v.check(hasUnknown)),
    v.strictObject({
      AWS: v.optional(oneOrMany),
      Service: v.optional(oneOrMany),
      Federated: v.optional(oneOrMany),
      CanonicalUser: v.optional(oneOrMany),
    }),
  ],
  'expected "*" or an object of AWS, Service, Federated and CanonicalUser',
);

const statementSchema = v.strictObject({
  Sid: v.optional(v.string()),
  Effect: v.picklist(["Allow", "Deny"]),
  Principal: v.optional(principalSchema),
  NotPrincipal: v.optional(principalSchema),
  Action: v.optional(oneOrMany),
  NotAction: v.optional(oneOrMany),
  Resource: v.optional(oneOrMany),
  NotResource: v.optional(oneOrMany),
  Condition: v.optional(
    v.union([
      unknownText,
      v.record(v.string(), v.union([unknownText, v.record(v.string(), oneOrManyScalars)])),
    ]),
  ),
});

const policySchema = v.strictObject({
  Version: v.optional(v.picklist(["2008-10-17", "2012-10-17"]), "2008-10-17"),
  Id: v.optional(v.string()),
  Statement: v.pipe(
    v.unknown(),
    v.transform((value) => (Array.isArray(value) ? value : [value])),
    v.array(v.unknown()),
  ),
});

/** A statement that IAM would not take. */
export class RefusedStatement extends Error {
  override readonly name = "RefusedStatement";
  readonly sid: string | undefined;

  constructor(message: string, sid: string | undefined, cause?: unknown) {
    super(message, { cause });
    this.sid = sid;
  }
}

/**
 * Reads a policy document whose intrinsics are resolved: checks it as strictly as IAM does when it is saved, and
 * makes every one-or-many field a list. Everything that a decision relies on is checked here, so that deciding
 * never fails.
 *
 * @param kind Where the policy is attached, to check what that asks for: a `Principal` in a resource-based or a
 * trust policy and in no other, a `Resource` in all but those, Sids of letters and digits in what IAM stores.
 * A statement that is unknown, or whose Effect is, is left out and named among the policy's unknowns.
 *
 * @param operators Whether a condition operator that IAM does not have is refused, or kept: whether its condition holds
 * is unknown then.
 * @throws {RefusedStatement} that names the statement and the element, operator or value that IAM would not take.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parsePolicy(
  json: unknown,
  kind?: PolicyKind | "trust",
  operators: "refused" | "kept" = "refused",
): Policy {
  const [name] = typeof json === "string" ? unknownsIn(json) : [];
  if (name !== undefined) return unknownDocument(name);
  const document = parse(policySchema, json, "policy");
  const unknown = document.Statement.flatMap(unknownsInPlaceOf);
  const statements = document.Statement.flatMap((statement, index) => {
    if (unknownsInPlaceOf(statement).length > 0) return [];
    try {
      return [parseStatement(statement, index, document.Version, kind, operators)];
    } catch (error) {
      throw new RefusedStatement((error as Error).message, sidOf(statement), error);
    }
  });
  const sids = statements.flatMap(({ sid }) => sid ?? []);
  const repeated = sids.find((sid, index) => sids.indexOf(sid) !== index);
  if (repeated !== undefined)
    throw new RefusedStatement(`two statements of one policy have the Sid "${repeated}"`, repeated);
  return {
    version: document.Version,
    ...(document.Id !== undefined && { id: document.Id }),
    statements,
    ...(unknown.length > 0 && { unknown }),
  };
}

/** The unknowns because of which nobody knows what a statement does. */
function unknownsInPlaceOf(statement: unknown): readonly string[] {
  const effect =
    typeof statement === "object" && statement !== null && "Effect" in statement
      ? statement.Effect
      : statement;
  return typeof effect === "string" ? unknownsIn(effect) : [];
}

function parseStatement(
  json: unknown,
  index: number,
  version: Policy["version"],
  kind: PolicyKind | "trust" | undefined,
  operators: "refused" | "kept",
): Statement {
  const where = statementName(json, index);
  const raw = parse(statementSchema, json, where);
  const principals = choose(where, raw, "Principal");
  const actions = choose(where, raw, "Action");
  const resources = choose(where, raw, "Resource");
  if (actions === undefined) throw new Error(`${where}: neither Action nor NotAction`);

  const statement: Statement = {
    ...(raw.Sid !== undefined && { sid: raw.Sid }),
    effect: raw.Effect,
    ...(principals && { principals: parsePrincipal(principals) }),
    actions: { not: actions.not, patterns: actions.value },
    ...(resources && { resources: { not: resources.not, patterns: resources.value } }),
    conditions: parseConditions(raw.Condition ?? {}),
  };
  try {
    checkPlace(statement, kind);
    statement.principals?.aws.forEach(checkAwsPrincipal);
    statement.actions.patterns.forEach(checkAction);
    for (const pattern of statement.resources?.patterns ?? []) checkResource(pattern, version);
    for (const condition of statement.conditions) {
      if (operators === "refused") checkOperator(condition.operator);
      compileCondition(condition, version);
    }
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
  return statement;
}

/** Of conditions that are not known there is one, whose operator or key is the unknown. */
function parseConditions(
  raw: NonNullable<v.InferOutput<typeof statementSchema>["Condition"]>,
): readonly Condition[] {
  if (typeof raw === "string") return [{ operator: raw, key: "", values: [] }];
  return Object.entries(raw).flatMap(([operator, keys]) =>
    typeof keys === "string"
      ? [{ operator, key: keys, values: [] }]
      : Object.entries(keys).map(([key, values]): Condition => ({ operator, key, values })),
  );
}

function statementName(json: unknown, index: number): string {
  const sid = sidOf(json);
  return `statement ${index + 1}${sid === undefined ? "" : ` (Sid "${sid}")`}`;
}

function sidOf(json: unknown): string | undefined {
  return typeof json === "object" && json !== null && "Sid" in json ? String(json.Sid) : undefined;
}

function parse<const Schema extends v.GenericSchema>(
  schema: Schema,
  json: unknown,
  where: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  if (issue.type === "strict_object" && issue.expected === "never")
    throw new Error(`${where}: unknown element "${path}"`);
  throw new Error(`${where}: ${path === null ? "" : `${path}: `}${issue.message}`);
}

/** Picks the element or its Not form; IAM takes one of them. */
function choose<Element extends "Principal" | "Action" | "Resource">(
  where: string,
  raw: v.InferOutput<typeof statementSchema>,
  element: Element,
) {
  const value = raw[element];
  const negated = raw[`Not${element}`] as typeof value;
  if (value !== undefined && negated !== undefined)
    throw new Error(`${where}: both ${element} and Not${element}; write one of them`);
  if (value !== undefined) return { not: false, value };
  if (negated !== undefined) return { not: true, value: negated };
  return undefined;
}

function parsePrincipal({
  not,
  value,
}: {
  not: boolean;
  value: v.InferOutput<typeof principalSchema>;
}): PrincipalElement {
  const element: Exclude<typeof value, string> =
    typeof value !== "string" ? value : value === "*" ? { AWS: ["*"] } : { AWS: [value], Service: [value] };
  const aws = element.AWS ?? [];
  const unknown = [...new Set(Object.values(element).flatMap((names) => (names ?? []).flatMap(unknownsIn)))];
  return {
    not,
    anyone: aws.includes("*"),
    aws,
    services: element.Service ?? [],
    federated: element.Federated ?? [],
    ...(element.CanonicalUser && { canonical: element.CanonicalUser }),
    ...(unknown.length > 0 && { unknown }),
  };
}

function checkPlace(statement: Statement, kind: PolicyKind | "trust" | undefined): void {
  const isNamingPrincipals = kind === "resource-based" || kind === "trust";
  if (isNamingPrincipals && statement.principals === undefined)
    throw new Error(`a ${kind} policy names its Principal in every statement`);
  if (kind !== undefined && !isNamingPrincipals && statement.principals !== undefined)
    throw new Error(`a Principal has no place in a policy that is attached to one (${kind})`);
  if (statement.resources === undefined && statement.principals === undefined)
    throw new Error("neither Resource nor NotResource");
  // Amazon S3, SQS and Lambda store their policies themselves and are less strict.
  if (
    kind !== undefined &&
    kind !== "resource-based" &&
    /[^A-Za-z0-9]/.test(statement.sid ?? "") &&
    !hasUnknown(statement.sid ?? "")
  )
    throw new Error("a Sid is made of letters and digits");
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
function checkAwsPrincipal(principal: string): void {
  if (principal === "*" || hasUnknown(principal) || ORIGIN_ACCESS_IDENTITY.test(principal)) return;
  if (!/^(?:\d{12}|arn:[^:*?]+:(?:iam|sts)::\d{12}:[^*?]+)$/.test(principal))
    throw new Error(
      `"${principal}" names no principal: write "*", an account id, or the whole ARN of an account, a role, a user or a session`,
    );
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html */
const ORIGIN_ACCESS_IDENTITY = /^arn:[^:*?]+:iam::cloudfront:user\/CloudFront Origin Access Identity \w+$/;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html */
function checkAction(pattern: string): void {
  if (!hasUnknown(pattern) && !/^(?:\*|[a-z0-9-]+:[a-z0-9*?]+)$/i.test(pattern))
    throw new Error(
      `"${pattern}" names no action: write "*" or service:Name, with wildcards in the name only`,
    );
}

function checkResource(pattern: string, version: Policy["version"]): void {
  if (pattern === "*" || hasUnknown(pattern)) return;
  if (!/^arn:[^:]+:[a-z0-9-]+:/.test(pattern))
    throw new Error(`"${pattern}" names no resource: write "*" or an ARN, its service without wildcards`);
  let colons = 0;
  for (const part of parseVariables(pattern, version)) {
    if ("text" in part && part.wildcards) colons += part.text.split(":").length - 1;
    else if (colons < 5)
      throw new Error(`"${pattern}": a policy variable may stand in an ARN's sixth segment only`);
  }
}
