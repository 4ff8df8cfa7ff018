export interface Match<R> {
  readonly route: R;
  /** Decoded; a greedy parameter holds its segments joined by "/". */
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface CompiledRoute<R> {
  readonly route: R;
  /** `ANY`, or the one method. */
  readonly method: string;
  readonly segments: readonly string[];
}

const routeKeyForm = /^(ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/\S*)$/;
const parameter = /^\{([\w.:-]+)\}$/;
const greedy = /^\{([\w.:-]+)\+\}$/;

/**
 * Compiles routes into a matcher: a full match wins over a greedy one; of two such the more specific path, segment by
 * segment (text, then `{name}`); of two routes with one path the method's own over ANY; `$default` takes the rest.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation
 *
 * @returns Finds the route for a method and a path's decoded segments.
 * @throws Error for a route key that is neither `$default` nor `METHOD /path`, and for one that stands twice.
 */
export function compileRoutes<R extends { readonly routeKey: string }>(
  routes: readonly R[],
): (method: string, segments: readonly string[]) => Match<R> | undefined {
  const keys = routes.map(({ routeKey }) => routeKey);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new Error(`The route ${JSON.stringify(twice)} stands twice`);

  const fallback = routes.find(({ routeKey }) => routeKey === "$default");
  const compiled = routes.filter((route) => route !== fallback).map(compile);
  compiled.sort((a, b) => (specificity(a) < specificity(b) ? -1 : 1));

  return (method, segments) => {
    for (const { route, method: wanted, segments: pattern } of compiled) {
      const pathParameters = wanted === "ANY" || wanted === method ? matchPath(pattern, segments) : undefined;
      if (pathParameters !== undefined) return { route, pathParameters };
    }
    return fallback && { route: fallback, pathParameters: {} };
  };
}

function compile<R extends { readonly routeKey: string }>(route: R): CompiledRoute<R> {
  const [, method, path] = routeKeyForm.exec(route.routeKey) ?? [];
  const segments = path?.split("/").slice(1);
  const wellFormed = segments?.every(
    (segment, index) =>
      !/[{}]/.test(segment) ||
      parameter.test(segment) ||
      (greedy.test(segment) && index === segments.length - 1),
  );
  if (method === undefined || segments === undefined || !wellFormed) {
    throw new Error(
      `${JSON.stringify(route.routeKey)} is no route key: write "$default" or "METHOD /path/{name}"`,
    );
  }
  return { route, method, segments };
}

/** Sorts first what should win. */
function specificity<R>({ segments, method }: CompiledRoute<R>): string {
  const kinds = segments.map((segment) => (greedy.test(segment) ? "c" : parameter.test(segment) ? "b" : "a"));
  return [kinds.includes("c") ? "greedy" : "full", kinds.join(""), method === "ANY" ? "any" : ""].join(" ");
}

function matchPath(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const rest = greedy.exec(part)?.[1];
    const one = parameter.exec(part)?.[1];
    const segment = segments[index];
    if (segment === undefined || (segment === "" && part !== "")) return undefined;
    if (rest !== undefined) return { ...parameters, [rest]: segments.slice(index).join("/") };
    if (one !== undefined) parameters[one] = segment;
    else if (part !== segment) return undefined;
  }
  return pattern.length === segments.length ? parameters : undefined;
}
