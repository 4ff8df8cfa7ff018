import * as v from "valibot";
import type { Note } from "../../stack/note.ts";
import type { Stack, StackResource } from "../../stack/template.ts";

/** A stack that is being read, and where to say what of it is not imitated. */
export interface Reading {
  readonly stack: Stack;
  note(resource: Pick<StackResource, "logicalId" | "type">, says: string): void;
}

/** @param notes Where the notes go; two alike are one. */
export function readingOf(stack: Stack, notes: Note[] = []): Reading {
  return {
    stack,
    note({ logicalId, type }, says) {
      const where = `${logicalId} (${type})`;
      if (!notes.some((note) => note.where === where && note.says === says)) notes.push({ where, says });
    },
  };
}

export type Read<Config> = StackResource & { readonly config: Config };

/** CloudFormation takes texts for numbers and booleans, and many templates have them. */
export const number = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+(\.\d+)?$/, "not a number"))]),
  v.transform(Number),
);
export const boolean = v.union([
  v.boolean(),
  v.pipe(
    v.picklist(["true", "false"]),
    v.transform((text) => text === "true"),
  ),
]);

/** Whoever wrote these does not expect that anything happens. */
const silent: ReadonlySet<string> = new Set(["Description", "Tags"]);

/**
 * Every resource of a type, with the properties that the local run imitates. What else it has is noted, and so is a
 * property that is not written as AWS documents it: where the resource can do without, it goes without, else the
 * resource is left out.
 *
 * @param imitated the schema of each property that is imitated, nested ones too
 * @param unheard properties that are not noted: another part reads them, or nobody can tell whether they hold
 */
export function read<const Entries extends v.ObjectEntries>(
  reading: Reading,
  type: string,
  imitated: Entries,
  unheard: readonly string[] = [],
): Read<v.InferOutput<v.ObjectSchema<Entries, undefined>>>[] {
  const schema = v.object(imitated);
  return [...reading.stack.resources.values()]
    .filter((resource) => resource.type === type)
    .flatMap((resource) => {
      const { properties } = resource;
      let result = v.safeParse(schema, properties);
      if (!result.success) {
        const dropped = new Set<string>();
        for (const issue of result.issues) {
          const [name = ""] = (v.getDotPath(issue) ?? "").split(".");
          const entry = imitated[name];
          const canDoWithout = entry !== undefined && v.safeParse(entry, undefined).success;
          const consequence = canDoWithout
            ? "the local run goes on without it"
            : "the local run leaves it out";
          reading.note(
            resource,
            `${v.getDotPath(issue) ?? ""} is not understood (${issue.message}): ${consequence}`,
          );
          if (canDoWithout) dropped.add(name);
        }
        const rest = Object.entries(properties).filter(([name]) => !dropped.has(name));
        result = v.safeParse(schema, Object.fromEntries(rest));
        if (!result.success) return [];
      }
      const unread = unreadPaths(properties, result.output).filter((path) => !unheard.includes(path));
      if (unread.length > 0) reading.note(resource, `not imitated: ${unread.join(", ")}`);
      return [{ ...resource, config: result.output }];
    });
}

/** Where the properties have something that the schema left out, e.g. `ScalingConfig.MaximumPollers`. */
function unreadPaths(properties: unknown, output: unknown, path = ""): string[] {
  if (Array.isArray(properties)) {
    const items = Array.isArray(output) ? output : [];
    const all = properties.flatMap((item, index) => unreadPaths(item, items[index], path));
    return [...new Set(all)];
  }
  if (!isRecord(properties) || !isRecord(output)) return [];
  return Object.entries(properties).flatMap(([name, value]) => {
    if (silent.has(name)) return [];
    const inside = path === "" ? name : `${path}.${name}`;
    return Object.hasOwn(output, name) ? unreadPaths(value, output[name], inside) : [inside];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws Error for a resource of a type that has none. */
export function arnOf({ arn, logicalId }: StackResource): string {
  if (!arn) throw new Error(`${logicalId} has no ARN.`);
  return arn;
}
