import type { Note } from "./note.ts";

/**
 * Writes out `Fn::ForEach`, wherever its collection is a list of texts.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
 *
 * @returns The value without them, and what was left out because nobody knows what it loops over.
 */
export function expandForEach(json: unknown): { readonly value: unknown; readonly notes: Note[] } {
  const notes: Note[] = [];
  const expand = (value: unknown, where: string): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => expand(item, `${where}.${index}`));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
        const place = where === "" ? key : `${where}.${key}`;
        if (!key.startsWith("Fn::ForEach::")) return [[key, expand(item, place)]];
        const copies = copiesOf(item);
        if (copies === undefined)
          notes.push({ where: place, says: "is left out: it loops over what is no list of texts" });
        return (copies ?? []).flatMap((copy) => Object.entries(expand(copy, place) as object));
      }),
    );
  };
  return { value: expand(json, ""), notes };
}

function copiesOf(loop: unknown): readonly object[] | undefined {
  const [identifier, collection, body] = Array.isArray(loop) ? loop : [];
  const isList = Array.isArray(collection) && collection.every((item) => typeof item === "string");
  if (typeof identifier !== "string" || !isList || typeof body !== "object" || body === null)
    return undefined;
  return collection.map((item: string) => replaceIn(body, identifier, item) as object);
}

/** `&{X}` is the value with its letters and digits alone, as keys take it. */
function replaceIn(value: unknown, identifier: string, item: string): unknown {
  if (typeof value === "string")
    return value
      .replaceAll(`\${${identifier}}`, item)
      .replaceAll(`&{${identifier}}`, item.replaceAll(/[^A-Za-z0-9]/g, ""));
  if (Array.isArray(value)) return value.map((one) => replaceIn(one, identifier, item));
  if (typeof value !== "object" || value === null) return value;
  if ("Ref" in value && value.Ref === identifier) return item;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      String(replaceIn(key, identifier, item)),
      replaceIn(one, identifier, item),
    ]),
  );
}
