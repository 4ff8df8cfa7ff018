import { isDeepStrictEqual } from "node:util";
import { hasUnknown, unknown, unknownsIn } from "../iam/unknown.ts";

/** A value of a template. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What `AWS::NoValue` stands for: the property or the list item is taken out. */
export const NO_VALUE = Symbol("AWS::NoValue");

/** Whether a condition of the template holds, or the name of the unknown that it hangs on. */
export type Truth = boolean | { readonly unknown: string };

/** What the intrinsics of a place may refer to. `where` is the place, for the error message. */
export interface Scope {
  ref(name: string, where: string): Json | typeof NO_VALUE;
  attribute(logicalId: string, attribute: string, where: string): Json;
  condition(name: string, where: string): Truth;
  /** What somebody supplied under this name, or else an unknown. */
  opaque(name: string): string;
  /** Told of what is not understood. */
  note(where: string, says: string): void;
  mapping(map: string, key: string, secondKey: string, where: string): Json;
}

type Resolver = (argument: Json, scope: Scope, where: string) => Json | typeof NO_VALUE;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
const INTRINSICS: ReadonlyMap<string, Resolver> = new Map<string, Resolver>([
  ["Ref", (argument, scope, where) => scope.ref(literal(argument, where), where)],
  ["Fn::Base64", (argument, scope, where) => ofKnown(text(argument, scope, where), "Fn::Base64", toBase64)],
  ["Fn::Cidr", (_argument, scope) => scope.opaque("Fn::Cidr")],
  ["Fn::FindInMap", resolveFindInMap],
  ["Fn::GetAtt", (argument, scope, where) => scope.attribute(...attributeReference(argument, where), where)],
  [
    "Fn::GetAZs",
    (argument, scope, where) => {
      const region = text(argument, scope, where) || text({ Ref: "AWS::Region" }, scope, where);
      return scope.opaque(`availability zones of ${region}`);
    },
  ],
  ["Fn::If", resolveIf],
  [
    "Fn::ImportValue",
    (argument, scope, where) => scope.opaque(`import:${named(text(argument, scope, where))}`),
  ],
  ["Fn::Join", resolveJoin],
  ["Fn::Length", resolveLength],
  ["Fn::Select", resolveSelect],
  ["Fn::Split", resolveSplit],
  ["Fn::Sub", resolveSub],
  ["Fn::ToJsonString", (argument, scope, where) => JSON.stringify(resolve(argument, scope, where))],
  ["Fn::Transform", (argument, scope) => scope.opaque(`transform:${transformName(argument)}`)],
]);

/**
 * Replaces the intrinsics in a value by what they stand for; what cannot be known becomes an unknown.
 *
 * @throws Error that names the place and the intrinsic, when it is malformed or refers to nothing.
 */
export function resolve(value: Json, scope: Scope, where: string): Json | typeof NO_VALUE {
  if (isList(value))
    return value
      .map((item, index) => resolve(item, scope, `${where}.${index}`))
      .filter((item) => item !== NO_VALUE);
  if (typeof value === "string") return withoutDynamicReferences(value, scope);
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
  if (resolver === undefined) {
    scope.note(where, `the intrinsic ${name} is not known here; what it stands for is unknown`);
    return scope.opaque(name);
  }
  const resolved = resolver(argument, scope, `${where}.${name}`);
  return typeof resolved === "string" ? withoutDynamicReferences(resolved, scope) : resolved;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html */
function withoutDynamicReferences(value: string, scope: Scope): string {
  if (!value.includes("{{resolve:")) return value;
  return value.replaceAll(/\{\{(resolve:[^{}]*)\}\}/g, (_, reference: string) =>
    scope.opaque(named(reference)),
  );
}

/** A name that holds unknowns is made of theirs. */
function named(name: string): string {
  return name.replaceAll(/[⟨⟩]/g, "");
}

function transformName(argument: Json): string {
  const name =
    typeof argument === "object" && argument !== null && "Name" in argument ? argument.Name : undefined;
  return typeof name === "string" ? name : "without a name";
}

function ofKnown(value: string, name: string, of: (value: string) => string): string {
  return hasUnknown(value) ? unknown(`${name} of ${unknownsIn(value).join(" and ")}`) : of(value);
}

const toBase64 = (value: string) => Buffer.from(value).toString("base64");

/**
 * Evaluates a condition of the template: `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`.
 *
 * @throws Error that names the place, when it is anything else.
 */
export function evaluateCondition(expression: Json, scope: Scope, where: string): Truth {
  const [name = "nothing", argument = null] =
    typeof expression === "object" && expression !== null ? (Object.entries(expression)[0] ?? []) : [];
  const place = `${where}.${name}`;
  const operands = (least: number, most: number) =>
    list(argument, place, least, most).map((operand) => evaluateCondition(operand, scope, place));
  switch (name) {
    case "Condition":
      return scope.condition(literal(argument, place), place);
    case "Fn::And":
      return firstOf(operands(2, 10), false);
    case "Fn::Or":
      return firstOf(operands(2, 10), true);
    case "Fn::Not": {
      const [operand = false] = operands(1, 1);
      return typeof operand === "boolean" ? !operand : operand;
    }
    case "Fn::Equals": {
      const [left = "", right = ""] = list(argument, place, 2, 2).map((side) =>
        comparable(side, scope, place),
      );
      const [name] = left === right ? [] : unknownsIn(left + right);
      return name === undefined ? left === right : { unknown: name };
    }
    default:
      throw new Error(`${where}: expected a condition, not ${name}`);
  }
}

/** Of operands that `decisive` decides: what they come to. */
function firstOf(operands: readonly Truth[], decisive: boolean): Truth {
  if (operands.includes(decisive)) return decisive;
  return operands.find((operand) => typeof operand !== "boolean") ?? !decisive;
}

function comparable(side: Json, scope: Scope, where: string): string {
  const resolved = resolve(side, scope, where);
  return typeof resolved === "object" && resolved !== null
    ? JSON.stringify(resolved)
    : scalar(resolved, where);
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
    case "Fn::If": {
      const { condition, whenTrue, whenFalse } = branches(argument, scope, place);
      if (typeof condition !== "boolean") return [];
      return references(condition ? whenTrue : whenFalse, scope, place);
    }
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
  const all = resolvedList(items, scope, where);
  if (typeof all === "string") return unknown(`Fn::Join of ${named(all)}`);
  return all.map((item) => scalar(item, where)).join(literal(delimiter, where));
}

function resolveSelect(argument: Json, scope: Scope, where: string): Json {
  const [position = "", items = []] = list(argument, where, 2, 2);
  const index = text(position, scope, where);
  const all = resolvedList(items, scope, where);
  if (typeof all === "string" || hasUnknown(index)) return unknown(`${named(String(all))}[${named(index)}]`);
  const item = /^\d+$/.test(index) ? all[Number(index)] : undefined;
  const [name] = item === undefined ? all.flatMap((one) => unknownsIn(String(one))) : [];
  if (name !== undefined) return unknown(`${name}[${index}]`);
  if (item === undefined) throw new Error(`${where}: there is no item ${index} in a list of ${all.length}`);
  return item;
}

function resolveSplit(argument: Json, scope: Scope, where: string): Json {
  const [delimiter = "", source = ""] = list(argument, where, 2, 2);
  const whole = text(source, scope, where);
  const cut = literal(delimiter, where);
  const names = unknownsIn(whole);
  if (names.length === 0) return whole.split(cut);
  // What is unknown may hold the delimiter: from there on nobody knows which piece is which.
  const certain = whole
    .slice(0, whole.indexOf(unknown(names[0] ?? "")))
    .split(cut)
    .slice(0, -1);
  return [...certain, unknown(`Fn::Split of ${names.join(" and ")}`)];
}

function resolveLength(argument: Json, scope: Scope, where: string): Json {
  const all = resolvedList(argument, scope, where);
  const isCertain = typeof all !== "string" && !all.some((item) => hasUnknown(String(item)));
  return isCertain ? all.length : unknown(`Fn::Length of ${named(String(all))}`);
}

/** Where nobody knows which branch it is, it is known all the same if they are alike. */
function resolveIf(argument: Json, scope: Scope, where: string): Json | typeof NO_VALUE {
  const { name, condition, whenTrue, whenFalse } = branches(argument, scope, where);
  if (typeof condition === "boolean") return resolve(condition ? whenTrue : whenFalse, scope, where);
  const [one, other] = [whenTrue, whenFalse].map((branch) => {
    try {
      return resolve(branch, scope, where);
    } catch {
      // What it refers to may be left out together with the branch.
      return undefined;
    }
  });
  if (one !== undefined && one === other) return one;
  const isAlike = typeof one === "object" && typeof other === "object" && isDeepStrictEqual(one, other);
  return isAlike && one !== undefined ? one : scope.opaque(`condition:${name}`);
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

function branches(argument: Json, scope: Scope, where: string) {
  const [condition = "", whenTrue = null, whenFalse = null] = list(argument, where, 3, 3);
  const name = literal(condition, where);
  return { name, condition: scope.condition(name, where), whenTrue, whenFalse };
}

/** `["Bucket", "Arn"]` or `"Bucket.Arn"`. */
function attributeReference(argument: Json, where: string): [logicalId: string, attribute: string] {
  const [logicalId = "", ...attribute] = isList(argument)
    ? argument.map((part, index) =>
        index > 0 && typeof part === "object" ? "computed" : literal(part, where),
      )
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

/** A list, or the text of an unknown that stands for one. */
function resolvedList(value: Json, scope: Scope, where: string): readonly Json[] | string {
  const resolved = resolve(value, scope, where);
  if (resolved !== NO_VALUE && isList(resolved)) return resolved;
  if (typeof resolved === "string" && hasUnknown(resolved)) return resolved;
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
