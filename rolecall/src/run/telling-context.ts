import type { PoliciesInForce, TracedDecision } from "../gate/types.ts";

/**
 * Condition keys that tell one call from another where the action and the resource do not: those of services' own that
 * some policy looks at. The global ones are the same for most calls.
 *
 * @returns in lower case
 */
export function tellingKeys({ identity, resource }: PoliciesInForce): ReadonlySet<string> {
  const documents = [...identity.values(), ...resource.values()].flat().map(({ document }) => document);
  const keys = documents.flatMap(({ statements }) =>
    statements.flatMap(({ conditions }) => conditions.map(({ key }) => key.toLowerCase())),
  );
  return new Set(keys.filter((key) => !key.startsWith("aws:")));
}

/**
 * What a person needs of a request's context, e.g. `["prefix=originals/"]`.
 *
 * @param keys of `tellingKeys`
 * @param shorten makes a shorter name of a value that has one
 */
export function tellingContext(
  { context }: Pick<TracedDecision, "context">,
  keys: ReadonlySet<string>,
  shorten: (value: string) => string = (value) => value,
): string[] {
  return Object.entries(context)
    .filter(([key]) => keys.has(key.toLowerCase()))
    .map(([key, value]) => `${key.replace(/^.*:/, "")}=${shorten(String(value))}`);
}
