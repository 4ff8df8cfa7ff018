export interface RouteSpec {
  /** `METHOD /path/{parameter}`, `ANY /path/{proxy+}` or `$default`. */
  readonly routeKey: string;
  readonly functionArn: string;
  readonly authorizationType: "AWS_IAM" | "NONE";
}

export interface MatchedRoute {
  readonly route: RouteSpec;
  /** Decoded, by name; undefined when the route has none. */
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
}

type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "parameter" | "greedy"; readonly name: string };

/**
 * Compiles routes: of those that fit, the most specific is taken: a full match before a greedy one, a literal segment
 * before a parameter, a method before ANY, `$default` last.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function compileRoutes(
  routes: readonly RouteSpec[],
): (method: string, path: string) => MatchedRoute | undefined {
  const compiled = routes
    .map((route) => {
      const [method = "", template] = route.routeKey.split(" ");
      const segments = template === undefined ? undefined : parseTemplate(template);
      return { route, method, segments, rank: rank(method, segments) };
    })
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return (method, path) => {
    const parts = path.split("/").slice(1);
    for (const { route, segments, ...candidate } of compiled) {
      if (segments === undefined) return { route, pathParameters: undefined };
      if (candidate.method !== "ANY" && candidate.method !== method) continue;
      const values = matchSegments(segments, parts);
      if (values) return { route, pathParameters: Object.keys(values).length > 0 ? values : undefined };
    }
    return undefined;
  };
}

function parseTemplate(template: string): Segment[] {
  return template
    .split("/")
    .slice(1)
    .map((part) => {
      const [, name, greedy] = /^\{(\w+)(\+?)\}$/.exec(part) ?? [];
      if (name === undefined) return { kind: "literal", text: part };
      return { kind: greedy ? "greedy" : "parameter", name };
    });
}

/** Sorts the more specific first, segment by segment. */
function rank(method: string, segments: readonly Segment[] | undefined): string {
  if (segments === undefined) return "z";
  const order = { literal: "a", parameter: "b", greedy: "y" };
  return `${segments.map(({ kind }) => order[kind]).join("")}${method === "ANY" ? "b" : "a"}`;
}

function matchSegments(
  segments: readonly Segment[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (!part) return undefined;
    if (segment.kind === "literal" && segment.text !== part) return undefined;
    if (segment.kind === "parameter") values[segment.name] = decode(part);
    if (segment.kind === "greedy") {
      values[segment.name] = decode(parts.slice(index).join("/"));
      return values;
    }
  }
  return parts.length === segments.length ? values : undefined;
}

/** What is not percent-encoded text stays as it was sent. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
