/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[], conjunction: "and" | "or"): string {
  if (items.length < 2) return items[0] ?? "";
  return `${items.slice(0, -1).join(", ")} ${conjunction} ${items.at(-1)}`;
}

/** The first few of many, and how many more there are. */
export function some(items: readonly string[], most: number): string {
  if (items.length <= most) return list(items, "and");
  return `${items.slice(0, most).join(", ")} and ${items.length - most} more`;
}

export function uniqueBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  return [...new Map(items.map((item) => [keyOf(item), item] as const)).values()];
}
