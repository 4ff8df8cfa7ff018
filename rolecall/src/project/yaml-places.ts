import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** A file of the service, parsed. */
interface File {
  readonly name: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** A node and the file that it stands in. */
export interface Place {
  readonly file: File;
  /** Where the key stands that leads here, or else the node. */
  readonly offset: number;
  readonly node: Node | null;
}

export type Path = readonly (string | number)[];

/** A YAML file and those that it includes, as one tree. Aliases and inclusions are followed. */
export interface Places {
  readonly whole: Place;
  /** Undefined where nothing stands at the end of the path. */
  readonly find: (from: Place, ...path: Path) => Place | undefined;
  /** As far along the path as something stands. */
  readonly reach: (from: Place, ...path: Path) => Place;
  /** The items of a list; what is none, as itself; nothing of nothing. */
  readonly items: (from: Place | undefined) => readonly Place[];
  /** The entries of a mapping, with those that it merges in. */
  readonly entries: (from: Place | undefined) => readonly (readonly [key: string, Place])[];
}

/**
 * Reads a YAML file and each YAML or JSON file that it includes as `${file(…)}`.
 *
 * @param root The folder that names of files are relative to.
 * @throws Error that names the file and the line, when one is no YAML.
 */
export async function readPlaces(root: string, name: string): Promise<Places> {
  const first = await readYaml(root, name);
  const included = await readIncluded(root, first);

  const follow = (place: Place): Place => {
    const { node, file } = place;
    if (isAlias(node)) return { ...place, node: node.resolve(file.document) ?? null };
    const { name: target, path } = parseInclusion(node);
    const other = included.get(target);
    if (other === undefined) return place;
    const whole: Place = { file: other, offset: 0, node: other.document.contents };
    return path.length === 0 ? whole : (find(whole, ...path) ?? place);
  };
  const entries: Places["entries"] = (from) => {
    if (from === undefined) return [];
    const { node, file } = follow(from);
    if (!isMap(node)) return [];
    const all = node.items.flatMap(({ key, value }) => {
      if (!isScalar(key)) return [];
      const offset = key.range?.[0] ?? 0;
      return [[String(key.value), { file, offset, node: value as Node | null }] as const];
    });
    const own = all.filter(([key]) => key !== "<<");
    const merged = all.filter(([key]) => key === "<<").flatMap(([, place]) => items(place).flatMap(entries));
    return [...own, ...merged];
  };
  const items: Places["items"] = (from) => {
    if (from === undefined) return [];
    const { node, file } = follow(from);
    if (!isSeq(node)) return [from];
    return (node.items as Node[]).map((item) => ({ file, offset: item.range?.[0] ?? 0, node: item }));
  };
  const child = (from: Place, key: string | number): Place | undefined =>
    typeof key === "number" ? items(from)[key] : entries(from).find(([entry]) => entry === key)?.[1];
  const find: Places["find"] = (from, ...path) =>
    path.reduce<Place | undefined>((place, key) => place && child(place, key), from);

  return {
    whole: { file: first, offset: 0, node: first.document.contents },
    find,
    reach: (from, ...path) => {
      let place = from;
      for (const key of path) {
        const next = child(place, key);
        if (next === undefined) break;
        place = next;
      }
      return place;
    },
    items,
    entries,
  };
}

/** From 1. */
export function lineOf({ file, offset }: Place): { readonly file: string; readonly line: number } {
  return { file: file.name, line: Math.max(1, file.lines.linePos(offset).line) };
}

/** What a scalar says, as text, and the comment behind it on its line. */
export function scalarOf(place: Place | undefined): { text: string; comment?: string } | undefined {
  const node = place?.node;
  if (!isScalar(node)) return undefined;
  const comment = node.comment?.split("\n")[0]?.trim();
  return { text: String(node.value), ...(comment && { comment }) };
}

async function readYaml(root: string, name: string): Promise<File> {
  const lines = new LineCounter();
  const text = await readFile(join(root, name), "utf8");
  // CloudFormation's tags (!Sub, !Ref) draw a warning, and their nodes are kept.
  const document = parseDocument(text, { lineCounter: lines, logLevel: "error" });
  const [error] = document.errors;
  if (error !== undefined)
    throw new Error(`${name}:${lines.linePos(error.pos[0]).line}: ${error.message.split("\n")[0]}`);
  return { name, document, lines };
}

/** By name, those that included files include among them. */
async function readIncluded(root: string, from: File): Promise<ReadonlyMap<string, File>> {
  const files = new Map<string, File>();
  const visit = async (file: File): Promise<void> => {
    for (const name of includedNames(file)) {
      if (files.has(name)) continue;
      const read = await readYaml(root, name);
      files.set(name, read);
      await visit(read);
    }
  };
  await visit(from);
  return files;
}

function includedNames({ document }: File): readonly string[] {
  const names: string[] = [];
  const visit = (node: unknown): void => {
    if (isMap(node)) for (const { value } of node.items) visit(value);
    else if (isSeq(node)) node.items.forEach(visit);
    else {
      const { name } = parseInclusion(node);
      if (name !== "") names.push(name);
    }
  };
  visit(document.contents);
  return names;
}

/** `${file(config/queue.yml)}`, with or without `:a.path` into it; an empty name for anything else. */
function parseInclusion(node: unknown): { readonly name: string; readonly path: readonly string[] } {
  const text = isScalar(node) ? String(node.value) : "";
  const [, name = "", path] = /^\$\{file\(([^)]+\.(?:ya?ml|json))\)(?::([\w.]+))?\}$/.exec(text) ?? [];
  return { name: name && posix.normalize(name), path: path?.split(".") ?? [] };
}
