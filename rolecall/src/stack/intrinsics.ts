/** A value of a template. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What `AWS::NoValue` stands for: the property or the list item is taken out. */
export const NO_VALUE = Symbol("AWS::NoValue");

/** What the intrinsics of a place may refer to. `where` is the place, for the error message. */
export interface Scope {
  ref(name: string, where: string): Json | typeof NO_VALUE;
  attribute(logicalId: string, attribute: string, where: string): Json;
  condition(name: string, where: string): boolean;
  mapping(map: string, key: string, secondKey: string, where: string): Json;
}

type Resolver = (argument: Json, scope: Scope, where: string) => Json | typeof NO_VALUE;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
const INTRINSICS: ReadonlyMap<string, Resolver> = new Map<string, Resolver>([
  ["Ref", (argument, scope, where) => scope.ref(literal(argument, where), where)],
  ["Fn::Base64", (argument, scope, where) => Buffer.from(text(argument, scope, where)).toString("base64")],
  ["Fn::FindInMap", resolveFindInMap],
  ["Fn::GetAtt", (argument, scope, where) => scope.attribute(...attributeReference(argument, where), where)],
  ["Fn::If", (argument, scope, where) => resolve(...chosenBranch(argument, scope, where))],
  ["Fn::Join", resolveJoin],
  ["Fn::Select", resolveSelect],
  ["Fn::Split", resolveSplit],
  ["Fn::Sub", resolveSub],
]);

/**
 * Replaces the intrinsics in a value by what they stand for.
 *
 * @throws Error that names the place and the intrinsic, when it is unknown, malformed or refers to nothing.
 */
export function resolve(value: Json, scope: Scope, where: string): Json | typeof NO_VALUE {
  if (isList(value))
    return value
      .map((item, index) => resolve(item, scope, `${where}.${index}`))
      .filter((item) => item !== NO_VALUE);
  if (typeof value !== "object" || value === null) return value;
  const call = intrinsic(value, where);
  if (call === undefined)
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) => {
        const resolved = resolve(item, scope, `${where}.${key}`);
        return resolved === NO_VALUE ? [] : [[key, resolved]];
      }),
    );
  const [name, argument] = call;
  const resolver = INTRINSICS.get(name);
  if (resolver === undefined) throw new Error(`${where}: the intrinsic ${name} is not known here`);
  return resolver(argument, scope, `${where}.${name}`);
}

/**
 * Evaluates a condition of the template: `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`.
 *
 * @throws Error that names the place, when it is anything else.
 */
export function evaluateCondition(expression: Json, scope: Scope, where: string): boolean {
  const [name = "nothing", argument = null] =
    typeof expression === "object" && expression !== null ? (Object.entries(expression)[0] ?? []) : [];
  const place = `${where}.${name}`;
  const operands = (least: number, most: number) =>
    list(argument, place, least, most).map((operand) => evaluateCondition(operand, scope, place));
  switch (name) {
    case "Condition":
      return scope.condition(literal(argument, place), place);
    case "Fn::And":
      return operands(2, 10).every(Boolean);
    case "Fn::Or":
      return operands(2, 10).some(Boolean);
    case "Fn::Not":
      return !operands(1, 1)[0];
    case "Fn::Equals": {
      const [left, right] = list(argument, place, 2, 2).map((side) => text(side, scope, place));
      return left === right;
    }
    default:
      throw new Error(`${where}: expected a condition, not ${name}`);
  }
}

/** The logical ids, parameters and pseudo parameters that a value refers to, in the branches that its conditions choose. */
export function references(value: Json, scope: Scope, where: string): readonly string[] {
  if (isList(value)) return value.flatMap((item, index) => references(item, scope, `${where}.${index}`));
  if (typeof value !== "object" || value === null) return [];
  const [name, argument] = intrinsic(value, where) ?? [];
  if (argument === undefined)
    return Object.entries(value).flatMap(([key, item]) => references(item, scope, `${where}.${key}`));
  const place = `${where}.${name}`;
  switch (name) {
    case "Ref":
      return [literal(argument, place)];
    case "Fn::GetAtt":
      return [attributeReference(argument, place)[0]];
    case "Fn::If":
      return references(...chosenBranch(argument, scope, place));
    case "Fn::Sub": {
      const { template, variables } = substitution(argument, place);
      const names = placeholders(template).flatMap(({ name }) =>
        Object.hasOwn(variables, name) ? [] : (name.split(".")[0] ?? []),
      );
      return [...names, ...references(variables, scope, place)];
    }
    default:
      return references(argument, scope, place);
  }
}

/** An object with an intrinsic's name for its only key. */
function intrinsic(value: { readonly [key: string]: Json }, where: string): [string, Json] | undefined {
  const entries = Object.entries(value);
  const call = entries.find(([key]) => key === "Ref" || key.startsWith("Fn::"));
  if (call !== undefined && entries.length > 1)
    throw new Error(`${where}: ${call[0]} stands beside other keys; an intrinsic stands alone`);
  return call;
}

function resolveFindInMap(argument: Json, scope: Scope, where: string): Json {
  const [map = "", key = "", secondKey = ""] = list(argument, where, 3, 3).map((item) =>
    text(item, scope, where),
  );
  return scope.mapping(map, key, secondKey, where);
}

function resolveJoin(argument: Json, scope: Scope, where: string): string {
  const [delimiter = "", items = []] = list(argument, where, 2, 2);
  return resolvedList(items, scope, where)
    .map((item) => scalar(item, where))
    .join(literal(delimiter, where));
}

function resolveSelect(argument: Json, scope: Scope, where: string): Json {
  const [position = "", items = []] = list(argument, where, 2, 2);
  const index = text(position, scope, where);
  const all = resolvedList(items, scope, where);
  const item = /^\d+$/.test(index) ? all[Number(index)] : undefined;
  if (item === undefined) throw new Error(`${where}: there is no item ${index} in a list of ${all.length}`);
  return item;
}

function resolveSplit(argument: Json, scope: Scope, where: string): Json {
  const [delimiter = "", source = ""] = list(argument, where, 2, 2);
  return text(source, scope, where).split(literal(delimiter, where));
}

function resolveSub(argument: Json, scope: Scope, where: string): string {
  const { template, variables } = substitution(argument, where);
  let result = "";
  let end = 0;
  for (const { name, start, stop } of placeholders(template)) {
    const [logicalId = "", ...attribute] = name.split(".");
    const value = Object.hasOwn(variables, name)
      ? resolve(variables[name] as Json, scope, where)
      : attribute.length === 0
        ? scope.ref(name, where)
        : scope.attribute(logicalId, attribute.join("."), where);
    result += unescapeLiterals(template.slice(end, start)) + scalar(value, where);
    end = stop;
  }
  return result + unescapeLiterals(template.slice(end));
}

/** "${!Literal}" is how a template writes a "${Literal}" that is not its own, such as IAM's policy variables. */
function unescapeLiterals(text: string): string {
  return text.replaceAll("${!", "${");
}

function substitution(argument: Json, where: string) {
  const [template = "", variables = {}] = isList(argument) ? list(argument, where, 2, 2) : [argument];
  if (typeof variables !== "object" || variables === null || isList(variables))
    throw new Error(`${where}: the second argument is no object of variables`);
  return { template: literal(template, where), variables };
}

function placeholders(template: string) {
  return [...template.matchAll(/\$\{([^!}][^}]*)\}/g)].map((match) => ({
    name: (match[1] ?? "").trim(),
    start: match.index,
    stop: match.index + match[0].length,
  }));
}

/** The branch that the condition chooses, ready for whoever walks on. */
function chosenBranch(argument: Json, scope: Scope, where: string): [Json, Scope, string] {
  const [condition = "", whenTrue = null, whenFalse = null] = list(argument, where, 3, 3);
  return [scope.condition(literal(condition, where), where) ? whenTrue : whenFalse, scope, where];
}

/** `["Bucket", "Arn"]` or `"Bucket.Arn"`. */
function attributeReference(argument: Json, where: string): [logicalId: string, attribute: string] {
  const [logicalId = "", ...attribute] = isList(argument)
    ? argument.map((part) => literal(part, where))
    : literal(argument, where).split(".");
  if (attribute.length === 0) throw new Error(`${where}: expected a logical id and an attribute`);
  return [logicalId, attribute.join(".")];
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function list(value: Json, where: string, least: number, most: number): readonly Json[] {
  if (isList(value) && value.length >= least && value.length <= most) return value;
  throw new Error(`${where}: expected a list of ${least === most ? least : `${least} to ${most}`}`);
}

function resolvedList(value: Json, scope: Scope, where: string): readonly Json[] {
  const resolved = resolve(value, scope, where);
  if (resolved !== NO_VALUE && isList(resolved)) return resolved;
  throw new Error(`${where}: expected a list`);
}

/** A string that is written out, for what CloudFormation wants to know before it resolves anything. */
function literal(value: Json, where: string): string {
  if (typeof value === "string") return value;
  throw new Error(`${where}: expected a string, not ${JSON.stringify(value)}`);
}

function text(value: Json, scope: Scope, where: string): string {
  return scalar(resolve(value, scope, where), where);
}

function scalar(value: Json | typeof NO_VALUE, where: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new Error(
    `${where}: expected text, not ${value === NO_VALUE ? "AWS::NoValue" : JSON.stringify(value)}`,
  );
}
