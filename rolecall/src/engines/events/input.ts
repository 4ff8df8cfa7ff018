/** What a target gets of an event: all of it, a constant, a part, or what a template makes of it. */
export type TargetInput =
  | { readonly constant: string }
  | { readonly path: string }
  | { readonly template: string; readonly paths: Readonly<Record<string, string>> };

export interface RuleName {
  readonly name: string;
  readonly arn: string;
}

/**
 * What of an event a target gets.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function inputFor(
  input: TargetInput | undefined,
  event: { readonly time: string },
  rule: RuleName,
): string {
  if (input === undefined) return JSON.stringify(event);
  if ("constant" in input) return input.constant;
  if ("path" in input) return JSON.stringify(at(event, input.path) ?? null);
  const own: Readonly<Record<string, unknown>> = {
    "aws.events.rule-arn": rule.arn,
    "aws.events.rule-name": rule.name,
    "aws.events.event.ingestion-time": event.time,
    "aws.events.event": event,
    "aws.events.event.json": event,
  };
  return fill(input.template, (name) => {
    const path = Object.hasOwn(input.paths, name) ? input.paths[name] : undefined;
    return path === undefined ? own[name] : at(event, path);
  });
}

/** Replaces each `<name>`: inside of quotes by its text, elsewhere by its JSON. */
function fill(template: string, lookUp: (name: string) => unknown): string {
  let isQuoted = false;
  return template.replace(/\\.|"|<([\w.-]+)>/gs, (token, name: string | undefined) => {
    if (token === '"') isQuoted = !isQuoted;
    if (name === undefined) return token;
    const value = lookUp(name);
    if (!isQuoted) return JSON.stringify(value ?? null);
    const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}

/** Follows `$.detail.items[0].name`; undefined where it leads nowhere. */
function at(event: unknown, path: string): unknown {
  const steps = [...path.matchAll(/\.([\w-]+)|\[(\d+)\]|\[['"]([^'"]+)['"]\]/g)];
  return steps.reduce<unknown>((value, [, name, index, quoted]) => {
    const key = name ?? index ?? quoted ?? "";
    return typeof value === "object" && value !== null && Object.hasOwn(value, key)
      ? (value as Record<string, unknown>)[key]
      : undefined;
  }, event);
}
