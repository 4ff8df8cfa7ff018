import { BlockList, isIP } from "node:net";

/** Whether an event fits a pattern. */
export type EventTest = (event: unknown) => boolean;

/** Tests a part of the event; the whole of it comes along for what can only be said of the whole. */
type PartTest = (part: unknown, event: unknown) => boolean;

/** Tests one leaf of the event: text, number, boolean or null. */
type LeafTest = (leaf: unknown) => boolean;

/**
 * Compiles an event pattern.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
 *
 * @throws Error that names the comparison that is not known, and where it stands.
 */
export function compilePattern(pattern: unknown, name = "pattern"): EventTest {
  const test = compilePart(pattern, [], name);
  return (event) => test(event, event);
}

/** @param path The fields that lead here from the event. */
function compilePart(pattern: unknown, path: readonly string[], where: string): PartTest {
  if (!isObject(pattern)) throw new Error(`${where}: an event pattern is an object.`);
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw new Error(`${where}: an empty pattern is not allowed.`);
  const tests = entries.map(([name, inner]): PartTest => {
    const inside = `${where}.${name}`;
    if (name === "$or") return anyOf(inner, path, inside);
    const test = Array.isArray(inner)
      ? compileValues(inner, [...path, name], inside)
      : compilePart(inner, [...path, name], inside);
    // A list in the event fits when one of its elements does.
    return (part, event) => elements(field(part, name)).some((element) => test(element, event));
  });
  return (part, event) => tests.every((test) => test(part, event));
}

function anyOf(alternatives: unknown, path: readonly string[], where: string): PartTest {
  if (!Array.isArray(alternatives) || alternatives.length === 0)
    throw new Error(`${where} takes a list of patterns.`);
  const tests = alternatives.map((one, index) => compilePart(one, path, `${where}[${index}]`));
  return (part, event) => tests.some((test) => test(part, event));
}

function compileValues(values: readonly unknown[], path: readonly string[], where: string): PartTest {
  if (values.length === 0) throw new Error(`${where}: an empty list matches nothing.`);
  const present = values.filter((value) => !isAbsence(value)).map((value) => compileLeaf(value, where));
  const mayBeAbsent = values.some(isAbsence);
  return (part, event) =>
    (isLeaf(part) && present.some((test) => test(part))) || (mayBeAbsent && leaves(event, path).length === 0);
}

/** `{"exists": false}` speaks of the whole event: no leaf anywhere under this path. */
function isAbsence(value: unknown): boolean {
  return isObject(value) && value.exists === false && Object.keys(value).length === 1;
}

function leaves(event: unknown, path: readonly string[]): readonly unknown[] {
  const reached = path.reduce<unknown[]>(
    (parts, name) => parts.flatMap((part) => elements(field(part, name))),
    [event],
  );
  return reached.filter(isLeaf);
}

function compileLeaf(expected: unknown, where: string): LeafTest {
  if (isLeaf(expected)) return (leaf) => leaf === expected;
  const [comparison, ...more] = isObject(expected) ? Object.entries(expected) : [];
  if (!comparison || more.length > 0)
    throw new Error(`${where}: ${JSON.stringify(expected)} is no value and no comparison.`);
  const [name, argument] = comparison;
  const compile = Object.hasOwn(comparisons, name) ? comparisons[name] : undefined;
  if (!compile) throw new Error(`${where}: the comparison "${name}" is not known.`);
  return compile(argument, `${where}.${name}`);
}

const comparisons: Readonly<Record<string, (argument: unknown, path: string) => LeafTest>> = {
  exists: (argument, path) => {
    if (typeof argument !== "boolean") throw new Error(`${path} takes true or false.`);
    return () => true;
  },
  prefix: affix((value, text) => value.startsWith(text)),
  suffix: affix((value, text) => value.endsWith(text)),
  "equals-ignore-case": (argument, path) => {
    const text = string(argument, path).toLowerCase();
    return onString((value) => value.toLowerCase() === text);
  },
  wildcard: (argument, path) => {
    const literals = literalsOf(string(argument, path), path);
    return onString((value) => matchesWildcard(literals, value));
  },
  "anything-but": (argument, path) => {
    const tests = isObject(argument)
      ? excluded(argument, path)
      : [argument].flat().map((one) => {
          if (!isLeaf(one)) throw new Error(`${path} takes values, or one comparison of texts.`);
          return (leaf: unknown) => leaf === one;
        });
    return (leaf) => !tests.some((test) => test(leaf));
  },
  numeric: (argument, path) => {
    const tests = numericTests(argument, path);
    return (value) => typeof value === "number" && tests.every((test) => test(value));
  },
  cidr: (argument, path) => {
    const [address = "", length] = string(argument, path).split("/");
    const version = isIP(address);
    if (version === 0 || !/^\d+$/.test(length ?? ""))
      throw new Error(`${path}: ${argument} is no address range.`);
    const range = new BlockList();
    const family = version === 6 ? "ipv6" : "ipv4";
    range.addSubnet(address, Number(length), family);
    return onString((value) => isIP(value) === version && range.check(value, family));
  },
};

/** `{"anything-but": {"prefix": ["a", "b"]}}`: one comparison, one or many arguments. */
function excluded(comparison: object, path: string): LeafTest[] {
  const [[name, argument] = [], ...more] = Object.entries(comparison);
  if (!name || more.length > 0 || !["prefix", "suffix", "equals-ignore-case", "wildcard"].includes(name)) {
    throw new Error(`${path}: ${JSON.stringify(comparison)} is no single comparison of texts.`);
  }
  return [argument].flat().map((one) => compileLeaf({ [name]: one }, path));
}

function affix(fits: (value: string, text: string) => boolean) {
  return (argument: unknown, path: string): LeafTest => {
    const ignoreCase = isObject(argument) && "equals-ignore-case" in argument;
    const text = string(ignoreCase ? argument["equals-ignore-case"] : argument, path);
    return onString((value) =>
      ignoreCase ? fits(value.toLowerCase(), text.toLowerCase()) : fits(value, text),
    );
  };
}

const operators: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

function numericTests(argument: unknown, path: string): ((value: number) => boolean)[] {
  if (!Array.isArray(argument) || argument.length === 0 || argument.length % 2 === 1) {
    throw new Error(`${path} takes pairs of an operator and a number.`);
  }
  const tests = [];
  for (let index = 0; index < argument.length; index += 2) {
    const [name, bound] = [String(argument[index]), argument[index + 1]];
    const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
    if (!operator) throw new Error(`${path}: the operator ${name} is not known.`);
    if (typeof bound !== "number") throw new Error(`${path}: ${bound} is no number.`);
    tests.push((value: number) => operator(value, bound));
  }
  return tests;
}

/**
 * The texts between the wildcards of a pattern, in which a backslash takes the meaning from the `*` or the backslash
 * behind it.
 */
function literalsOf(pattern: string, path: string): string[] {
  const literals = [""];
  for (const [token] of pattern.matchAll(/\\?./gsu)) {
    if (token === "*") literals.push("");
    else if (token.startsWith("\\") && !["\\*", "\\\\"].includes(token))
      throw new Error(`${path}: in ${pattern}, a backslash stands before neither * nor a backslash.`);
    else literals.push(`${literals.pop()}${token.replace(/^\\/, "")}`);
  }
  if (literals.slice(1, -1).includes(""))
    throw new Error(`${path}: in ${pattern}, two wildcards follow each other.`);
  return literals;
}

function matchesWildcard([first = "", ...rest]: readonly string[], text: string): boolean {
  if (rest.length === 0) return text === first;
  const last = rest.at(-1) ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  // Taking the earliest place of each part leaves the most room for the others.
  let position = first.length;
  for (const part of rest.slice(0, -1)) {
    const found = text.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return position <= text.length - last.length;
}

function onString(test: (value: string) => boolean): LeafTest {
  return (value) => typeof value === "string" && test(value);
}

function string(argument: unknown, path: string): string {
  if (typeof argument !== "string") throw new Error(`${path} takes a text.`);
  return argument;
}

function isLeaf(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Only what the event itself holds, not what every object inherits. */
function field(event: unknown, name: string): unknown {
  return isObject(event) && Object.hasOwn(event, name) ? event[name] : undefined;
}

/** An empty list is like a field that is not there. */
function elements(value: unknown): readonly unknown[] {
  return Array.isArray(value) && value.length > 0 ? value : [Array.isArray(value) ? undefined : value];
}
