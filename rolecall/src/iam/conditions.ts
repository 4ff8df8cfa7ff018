import { BlockList, isIP } from "node:net";
import { compileArnGlob, compileGlob, compileVagueArnGlob, type Glob, matchGlob } from "./globs.ts";
import { nearest } from "./nearest.ts";
import { lean, matchVague, type Reading, SILENT } from "./reading.ts";
import type { AccessRequest, Condition, Policy } from "./types.ts";
import { hasUnknown, lowerCase, unknownsIn } from "./unknown.ts";
import { type Context, constant, parseVariables, substitute, type Text } from "./variables.ts";

/** Whether a condition holds for a request. */
export type ConditionTest = (context: Context, reading?: Reading) => boolean;

/** Compares one value of the request with one of the policy. */
type ValueTest = (requestValue: string) => boolean;

interface Operator {
  /** A negated operator holds where none of the policy's values matches, and also where the key is missing. */
  readonly negated: boolean;
  readonly variables: boolean;
  /** What the policy's values must be, for the error message. */
  readonly expects: string;
  /** Undefined when the policy's value is not of the operator's type. */
  readonly compile: (texts: readonly Text[]) => ValueTest | undefined;
  /** What it compares with, as a pattern; absent where a value is not compared letter by letter. */
  readonly pattern?: (texts: readonly Text[]) => Glob;
  readonly ignoresCase?: true;
}

const STRING = { variables: true, expects: "a string" };
const ARN = { variables: true, expects: "an ARN of six segments, with or without wildcards" };
const NUMBER = { variables: false, expects: "a number" };
const DATE = {
  variables: false,
  expects: "an ISO 8601 date (with a time zone if it has a time) or seconds since 1970",
};

const stringEquals = { ...STRING, compile: compileEquals, pattern: literalGlob };
const stringEqualsIgnoreCase = {
  ...STRING,
  compile: compileEqualsIgnoreCase,
  pattern: (texts: readonly Text[]) =>
    literalGlob(texts.map(({ text }) => ({ text: lowerCase(text), wildcards: false }))),
  ignoresCase: true as const,
};
const stringLike = { ...STRING, compile: compileLike, pattern: compileGlob };
const arnLike = { ...ARN, compile: compileArn, pattern: compileVagueArnGlob };
const ipAddress = {
  variables: false,
  expects: "an IP address or a range in CIDR notation",
  compile: compileIpAddress,
};

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    StringEquals: { negated: false, ...stringEquals },
    StringNotEquals: { negated: true, ...stringEquals },
    StringEqualsIgnoreCase: { negated: false, ...stringEqualsIgnoreCase },
    StringNotEqualsIgnoreCase: { negated: true, ...stringEqualsIgnoreCase },
    StringLike: { negated: false, ...stringLike },
    StringNotLike: { negated: true, ...stringLike },
    ...ordered("Numeric", NUMBER, parseNumber),
    ...ordered("Date", DATE, parseDate),
    Bool: { negated: false, variables: true, expects: "true or false", compile: compileBool },
    BinaryEquals: { negated: false, variables: false, expects: "base64", compile: compileBinary },
    IpAddress: { negated: false, ...ipAddress },
    NotIpAddress: { negated: true, ...ipAddress },
    ArnEquals: { negated: false, ...arnLike },
    ArnLike: { negated: false, ...arnLike },
    ArnNotEquals: { negated: true, ...arnLike },
    ArnNotLike: { negated: true, ...arnLike },
  }),
);

/** Makes a request's condition keys comparable: their case does not matter, and a key with no values is absent. */
export function toContext(keys: AccessRequest["context"]): Context {
  const context = new Map<string, readonly string[]>();
  for (const key of Object.keys(keys)) {
    const value = keys[key] ?? [];
    const values = typeof value === "string" ? [value] : value;
    if (values.length > 0) context.set(inLowerCase(key), values);
  }
  return context;
}

/** The same few keys come with every request. */
const lowerCased = new Map<string, string>();

function inLowerCase(key: string): string {
  const known = lowerCased.get(key);
  if (known !== undefined) return known;
  const lower = key.toLowerCase();
  if (lowerCased.size < 500) lowerCased.set(key, lower);
  return lower;
}

/**
 * Compiles one operator with one key. Several values are alternatives.
 *
 * A missing key fails a positive operator and satisfies a negated one, one with `IfExists`, and `ForAllValues:`;
 * it fails `ForAnyValue:`. A variable that cannot be resolved equals nothing, so a negated operator holds.
 * A key with several values but no set operator is compared as if by `ForAnyValue:`; IAM leaves that open.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 *
 * Where the operator or the key is not known, whether it holds is unknown.
 *
 * @throws Error when a value is not of the operator's type.
 */
export function compileCondition(condition: Condition, version: Policy["version"]): ConditionTest {
  const key = condition.key.toLowerCase();
  const unread = [...unknownsIn(condition.operator), ...unknownsIn(condition.key)];
  if (unread.length > 0) return (_context, reading = SILENT) => lean(unread, reading);
  if (condition.operator === "Null") return compileNull(key, condition.values);

  const { set, name, ifExists } = parseOperatorName(condition.operator);
  const operator = OPERATORS.get(name);
  if (operator === undefined) {
    const what = [`the condition operator "${condition.operator}"`];
    return (_context, reading = SILENT) => lean(what, reading);
  }

  const tests = condition.values.map((value) => compileValue(condition, value, operator, version));
  const { negated } = operator;
  const matches = (value: string, context: Context, inner: Reading) =>
    tests.some((test) => test(value, context, inner));

  return (context, reading = SILENT) => {
    const values = context.get(key);
    const inner = negated ? reading.opposite : reading;
    if (set === undefined) {
      if (values === undefined) return ifExists || negated;
      return values.some((value) => matches(value, context, inner)) !== negated;
    }
    if (values === undefined) return ifExists || set === "ForAllValues";
    // To a set operator a single empty string is an empty set.
    const members = values.length === 1 && values[0] === "" ? [] : values;
    const holds = (value: string) => matches(value, context, inner) !== negated;
    if (reading.isVague && members.length === 1 && isPossiblyEmpty(members[0] ?? "")) {
      // The set may be empty: then it holds for all of none, and for none.
      const ifEmpty = set === "ForAllValues";
      return members.every(holds) === ifEmpty ? ifEmpty : lean(unknownsIn(members[0] ?? ""), reading);
    }
    return set === "ForAllValues" ? members.every(holds) : members.some(holds);
  };
}

/** @throws Error when IAM has no such condition operator. */
export function checkOperator(written: string): void {
  const { name } = parseOperatorName(written);
  if (written === "Null" || OPERATORS.has(name) || hasUnknown(written)) return;
  const meant = nearest(name, [...OPERATORS.keys()]);
  throw new Error(
    `unknown condition operator "${written}"${meant && meant !== name ? `, did you mean ${meant}?` : ":"} See ${DOCUMENTATION}`,
  );
}

function isPossiblyEmpty(value: string): boolean {
  return hasUnknown(value) && value.replaceAll(/⟨[^⟩]*⟩/g, "") === "";
}

const DOCUMENTATION =
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html";

function parseOperatorName(operator: string) {
  const [, set, name = "", ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  return { set, name, ifExists: ifExists !== undefined };
}

function compileNull(key: string, values: readonly string[]): ConditionTest {
  const unread = values.flatMap(unknownsIn);
  const wanted = values
    .filter((value) => !hasUnknown(value))
    .map((value) => {
      const absent = parseBool(value);
      if (absent === undefined)
        throw new Error(`Null compares "${key}" with "${value}": expected true or false`);
      return absent;
    });
  return (context, reading = SILENT) =>
    wanted.includes(!context.has(key)) || (unread.length > 0 && lean(unread, reading));
}

function compileValue(
  condition: Condition,
  value: string,
  operator: Operator,
  version: Policy["version"],
): (requestValue: string, context: Context, reading: Reading) => boolean {
  const parts = operator.variables ? parseVariables(value, version) : [{ text: value, wildcards: true }];
  const names = unknownsIn(value);
  const texts = constant(parts);
  const isVague = (requestValue: string, replaced: readonly Text[]) =>
    hasUnknown(requestValue) || replaced.some(({ text }) => hasUnknown(text));
  if (texts === undefined) {
    return (requestValue, context, reading) => {
      const replaced = substitute(parts, context);
      if (replaced === undefined) return false;
      if ((reading.isVague || names.length > 0) && isVague(requestValue, replaced))
        return compareVague(operator, replaced, requestValue, reading);
      return operator.compile(replaced)?.(requestValue) ?? false;
    };
  }
  if (names.length > 0)
    return (requestValue, _context, reading) => compareVague(operator, texts, requestValue, reading);
  const test = operator.compile(texts);
  if (test === undefined)
    throw new Error(
      `${condition.operator} compares "${condition.key}" with "${value}": expected ${operator.expects}`,
    );
  return (requestValue, _context, reading) =>
    reading.isVague && hasUnknown(requestValue)
      ? compareVague(operator, texts, requestValue, reading)
      : test(requestValue);
}

function compareVague(
  { pattern, ignoresCase }: Operator,
  texts: readonly Text[],
  requestValue: string,
  reading: Reading,
): boolean {
  const names = texts.flatMap(({ text }) => unknownsIn(text));
  if (pattern === undefined) return lean([...names, ...unknownsIn(requestValue)], reading);
  return matchVague(pattern(texts), names, ignoresCase ? lowerCase(requestValue) : requestValue, reading);
}

function literalGlob(texts: readonly Text[]): Glob {
  return compileGlob(texts.map(({ text }) => ({ text, wildcards: false })));
}

function plain(texts: readonly Text[]): string {
  return texts.map(({ text }) => text).join("");
}

function compileEquals(texts: readonly Text[]): ValueTest {
  const expected = plain(texts);
  return (value) => value === expected;
}

function compileEqualsIgnoreCase(texts: readonly Text[]): ValueTest {
  const expected = plain(texts).toLowerCase();
  return (value) => value.toLowerCase() === expected;
}

function compileLike(texts: readonly Text[]): ValueTest {
  const glob = compileGlob(texts);
  return (value) => matchGlob(glob, value);
}

function compileArn(texts: readonly Text[]): ValueTest | undefined {
  const glob = compileArnGlob(texts);
  return glob && ((value) => matchGlob(glob, value));
}

function compileBool(texts: readonly Text[]): ValueTest | undefined {
  const expected = parseBool(plain(texts));
  return expected === undefined ? undefined : (value) => parseBool(value) === expected;
}

function parseBool(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === "true" ? true : lower === "false" ? false : undefined;
}

/** A request's binary value is base64 too: a context holds text. */
function compileBinary(texts: readonly Text[]): ValueTest | undefined {
  const expected = parseBase64(plain(texts));
  if (expected === undefined) return undefined;
  return (value) => parseBase64(value)?.equals(expected) ?? false;
}

function parseBase64(text: string): Buffer | undefined {
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
  return isBase64 ? Buffer.from(text, "base64") : undefined;
}

function compileIpAddress(texts: readonly Text[]): ValueTest | undefined {
  const [address = "", prefix, ...rest] = plain(texts).split("/");
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (version === 0 || rest.length > 0 || !(length <= bits)) return undefined;
  const range = new BlockList();
  range.addSubnet(address, length, family(version));
  // BlockList would find an IPv4 address in the IPv6 range that maps it; to IAM they are two families.
  return (value) => isIP(value) === version && range.check(value, family(version));
}

function family(version: number): "ipv4" | "ipv6" {
  return version === 4 ? "ipv4" : "ipv6";
}

function parseNumber(text: string): number | undefined {
  return /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Milliseconds since 1970. Four digits are a year, other digits alone seconds since 1970. */
function parseDate(text: string): number | undefined {
  if (/^\d+$/.test(text) && text.length !== 4) return Number(text) * 1000;
  const isW3c = /^\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?)?$/.test(
    text,
  );
  const time = isW3c ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** The six comparisons that Numeric and Date share. A request's value that cannot be parsed matches none of them. */
function ordered(
  prefix: string,
  type: Pick<Operator, "variables" | "expects">,
  parse: (text: string) => number | undefined,
): Record<string, Operator> {
  const operator = (negated: boolean, compare: (value: number, limit: number) => boolean): Operator => ({
    negated,
    ...type,
    compile: (texts) => {
      const limit = parse(plain(texts));
      if (limit === undefined) return undefined;
      return (requestValue) => {
        const value = parse(requestValue);
        return value !== undefined && compare(value, limit);
      };
    },
  });
  return {
    [`${prefix}Equals`]: operator(false, (value, limit) => value === limit),
    [`${prefix}NotEquals`]: operator(true, (value, limit) => value === limit),
    [`${prefix}LessThan`]: operator(false, (value, limit) => value < limit),
    [`${prefix}LessThanEquals`]: operator(false, (value, limit) => value <= limit),
    [`${prefix}GreaterThan`]: operator(false, (value, limit) => value > limit),
    [`${prefix}GreaterThanEquals`]: operator(false, (value, limit) => value >= limit),
  };
}
