import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";

/**
 * The way to a node: a mapping's key; a list's item by its value, or by what it has, e.g. `{ Sid: "StoreAudio" }`.
 */
export type Path = readonly Step[];
type Step = string | Readonly<Record<string, string>>;

export interface YamlEdit {
  readonly file: string;
  readonly at: Path;
  /** YAML; undefined takes away what stands there. */
  readonly to: string | undefined;
}

/**
 * Sets a key of a mapping, or removes a key or a list's item. All other lines stay as they are, letter by letter.
 *
 * @throws Error that says how far along the path something stands, when there is nothing at its end to set or remove
 */
export function applyToYaml(text: string, { file, at, to }: YamlEdit): string {
  const missing = (path: Path) => new Error(`${file} has no ${inWords(path)}, so the lab must follow it.`);
  const parent = at.slice(0, -1).reduce<Node | null>((node, step, index) => {
    const next = child(node, step);
    if (!next) throw missing(at.slice(0, index + 1));
    return next;
  }, parse(text));
  const last = at.at(-1) ?? "";
  if (to === undefined) {
    const range = isBlock(parent) && rangeOf(text, parent, last);
    if (!range) throw missing(at);
    return text.slice(0, range.start) + text.slice(range.end);
  }
  if (!isMap(parent) || typeof last !== "string") throw missing(at);
  const pair = pairOf(parent, last);
  if (pair) return replaceValue(text, pair, columnOf(text, startOf(pair)), to);
  if (!isBlock(parent)) throw missing(at);
  return addPair(text, parent, last, to);
}

function inWords(path: Path): string {
  return path.map((step) => (typeof step === "string" ? step : JSON.stringify(step))).join(" › ");
}

/** CloudFormation's tags (!Sub, !Ref) draw a warning, and their nodes are kept. */
function parse(text: string): Node | null {
  const { errors, contents } = parseDocument(text, { logLevel: "error" });
  const [error] = errors;
  if (error !== undefined) throw error;
  return contents;
}

type KeyValue = Pair<Node, Node | null>;

const pairsOf = (map: YAMLMap) => map.items as KeyValue[];

function child(node: Node | null, step: Step): Node | null | undefined {
  if (isMap(node) && typeof step === "string") return pairOf(node, step)?.value;
  return isSeq(node) ? (node.items as Node[]).find((item) => fits(item, step)) : undefined;
}

function pairOf(map: YAMLMap, key: string): KeyValue | undefined {
  return pairsOf(map).find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function fits(item: Node, step: Step): boolean {
  if (typeof step === "string") return isScalar(item) && item.value === step;
  return isMap(item) && Object.entries(step).every(([key, value]) => item.get(key) === value);
}

/** Whether its entries have lines of their own. */
function isBlock(node: Node | null): node is Node {
  return (isMap(node) || isSeq(node)) && !node.flow && node.items.length > 0;
}

/** The lines of a mapping's key or of a list's item. */
function rangeOf(text: string, parent: Node, step: Step): { start: number; end: number } | undefined {
  const pair = isMap(parent) && typeof step === "string" ? pairOf(parent, step) : undefined;
  const item = pair ? pair.key : child(parent, step);
  if (!item) return undefined;
  const start = text.lastIndexOf("\n", item.range?.[0] ?? 0) + 1;
  return { start, end: lineEnd(text, pair ? endOf(pair) : endOfNode(item)) };
}

function replaceValue(text: string, pair: KeyValue, column: number, to: string): string {
  // Not where the value begins, but where a tag before it would.
  const start = text.indexOf(":", pair.key.range?.[1]) + 1;
  return text.slice(0, start) + written(to, column) + text.slice(endOf(pair));
}

function addPair(text: string, map: YAMLMap, key: string, to: string): string {
  const [first] = pairsOf(map);
  const last = pairsOf(map).at(-1);
  if (!first || !last) return text;
  const column = columnOf(text, startOf(first));
  const at = lineEnd(text, endOf(last));
  return `${text.slice(0, at)}${" ".repeat(column)}${key}:${written(to, column)}\n${text.slice(at)}`;
}

/** A value behind its key's colon: on the same line, or on lines of its own below the key. */
function written(to: string, column: number): string {
  const lines = to.trimEnd().split("\n");
  if (lines.length === 1) return ` ${to}`;
  return lines.map((line) => `\n${" ".repeat(column + 2)}${line}`).join("");
}

const startOf = ({ key }: KeyValue) => key.range?.[0] ?? 0;

const endOf = ({ key, value }: KeyValue) => (value ? endOfNode(value) : (key.range?.[1] ?? 0));

/** Behind a value's last character: without the comments and empty lines that follow it. */
function endOfNode(node: Node): number {
  if (isBlock(node)) {
    const last = isMap(node) ? pairsOf(node).at(-1) : undefined;
    if (last) return endOf(last);
    const item = isSeq(node) ? (node.items as Node[]).at(-1) : undefined;
    if (item) return endOfNode(item);
  }
  return node.range?.[1] ?? 0;
}

/** Behind the line that a value ends on, its comment included. */
function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", Math.max(0, offset - 1));
  return end === -1 ? text.length : end + 1;
}

function columnOf(text: string, offset: number): number {
  return offset - text.lastIndexOf("\n", offset - 1) - 1;
}
