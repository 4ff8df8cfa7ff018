import { BlockList, isIP } from "node:net";

/** Whether an event fits a pattern. */
export type EventTest = (event: unknown) => boolean;

/** Tests one value of the event; undefined stands for a field that is not there. */
type ValueTest = (value: unknown) => boolean;

/**
 * Compiles an event pattern.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
 *
 * @throws Error that names the comparison that is not known, and where it stands.
 */
export function compilePattern(pattern: unknown, path = "pattern"): EventTest {
  if (!isObject(pattern)) throw new Error(`${path}: an event pattern is an object.`);
  const tests = Object.entries(pattern).map(([name, inner]) => {
    const where = `${path}.${name}`;
    if (name === "$or") return anyOf(inner, where);
    if (Array.isArray(inner)) {
      const test = compileValues(inner, where);
      return (event: unknown) => elements(field(event, name)).some(test);
    }
    const test = compilePattern(inner, where);
    return (event: unknown) => elements(field(event, name)).some(test);
  });
  return (event) => tests.every((test) => test(event));
}

function anyOf(alternatives: unknown, path: string): EventTest {
  if (!Array.isArray(alternatives) || alternatives.length === 0)
    throw new Error(`${path} takes a list of patterns.`);
  const tests = alternatives.map((alternative, index) => compilePattern(alternative, `${path}[${index}]`));
  return (event) => tests.some((test) => test(event));
}

function compileValues(values: readonly unknown[], path: string): ValueTest {
  if (values.length === 0) throw new Error(`${path}: an empty list matches nothing.`);
  const tests = values.map((value) => compileValue(value, path));
  return (value) => tests.some((test) => test(value));
}

function compileValue(expected: unknown, path: string): ValueTest {
  if (expected === null || ["string", "number", "boolean"].includes(typeof expected)) {
    return (value) => value === expected;
  }
  const [comparison, ...more] = isObject(expected) ? Object.entries(expected) : [];
  if (!comparison || more.length > 0)
    throw new Error(`${path}: ${JSON.stringify(expected)} is no value and no comparison.`);
  const [name, argument] = comparison;
  const compile = Object.hasOwn(comparisons, name) ? comparisons[name] : undefined;
  if (!compile) throw new Error(`${path}: the comparison "${name}" is not known.`);
  return compile(argument, `${path}.${name}`);
}

const comparisons: Readonly<Record<string, (argument: unknown, path: string) => ValueTest>> = {
  exists: (argument, path) => {
    if (typeof argument !== "boolean") throw new Error(`${path} takes true or false.`);
    return (value) => (value !== undefined) === argument;
  },
  prefix: affix((value, text) => value.startsWith(text)),
  suffix: affix((value, text) => value.endsWith(text)),
  "equals-ignore-case": (argument, path) => {
    const text = string(argument, path).toLowerCase();
    return onString((value) => value.toLowerCase() === text);
  },
  wildcard: (argument, path) => {
    const text = string(argument, path);
    return onString((value) => matchesWildcard(text, value));
  },
  "anything-but": (argument, path) => {
    const test = isObject(argument)
      ? compileValueOfEach(argument, path)
      : compileValues([argument].flat(), path);
    return (value) => value !== undefined && !test(value);
  },
  numeric: (argument, path) => {
    const tests = numericTests(argument, path);
    return (value) => typeof value === "number" && tests.every((test) => test(value));
  },
  cidr: (argument, path) => {
    const [address = "", length] = string(argument, path).split("/");
    const family = isIP(address);
    if (family === 0 || !/^\d+$/.test(length ?? ""))
      throw new Error(`${path}: ${argument} is no address range.`);
    const range = new BlockList();
    range.addSubnet(address, Number(length), family === 6 ? "ipv6" : "ipv4");
    return onString((value) => isIP(value) !== 0 && range.check(value, isIP(value) === 6 ? "ipv6" : "ipv4"));
  },
};

/** `{"anything-but": {"prefix": ["a", "b"]}}`: a list of arguments in one comparison. */
function compileValueOfEach(comparison: object, path: string): ValueTest {
  const tests = Object.entries(comparison).flatMap(([name, argument]) =>
    [argument].flat().map((one) => compileValue({ [name]: one }, path)),
  );
  return (value) => tests.some((test) => test(value));
}

function affix(fits: (value: string, text: string) => boolean) {
  return (argument: unknown, path: string): ValueTest => {
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

/** `*` stands for any run of characters, `\*` for itself. */
function matchesWildcard(pattern: string, text: string): boolean {
  const literals = pattern
    .split(/(?<!\\)\*/)
    .map((part) => part.replaceAll("\\*", "*").replaceAll("\\\\", "\\"));
  const [first = "", ...rest] = literals;
  if (rest.length === 0) return text === first;
  const last = rest.pop() ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  // Taking the earliest place of each part leaves the most room for the others.
  let position = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return position <= text.length - last.length;
}

function onString(test: (value: string) => boolean): ValueTest {
  return (value) => typeof value === "string" && test(value);
}

function string(argument: unknown, path: string): string {
  if (typeof argument !== "string") throw new Error(`${path} takes a text.`);
  return argument;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Only what the event itself holds, not what every object inherits. */
function field(event: unknown, name: string): unknown {
  return isObject(event) && Object.hasOwn(event, name) ? event[name] : undefined;
}

/** A list in the event fits when one of its elements does; an empty list is like an absent field. */
function elements(value: unknown): readonly unknown[] {
  return Array.isArray(value) && value.length > 0 ? value : Array.isArray(value) ? [undefined] : [value];
}
