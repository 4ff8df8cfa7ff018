/** A method of a resource. */
export interface Addressed {
  /** The resource's path, e.g. `/items/{id}` or `/{proxy+}`. */
  readonly resource: string;
  /** `ANY`, or the one method. */
  readonly httpMethod: string;
}

/**
 * Finds a REST API's method: of the resources that fit the path, text wins over `{name}` and that over `{name+}`,
 * segment by segment; of its methods, the request's own wins over ANY. Segments stay as they were sent.
 *
 * @returns undefined where no resource fits, or the one that does has no such method.
 */
export function findMethod<M extends Addressed>(
  methods: readonly M[],
  httpMethod: string,
  segments: readonly string[],
): { readonly method: M; readonly pathParameters: Readonly<Record<string, string>> } | undefined {
  const resources = [...new Set(methods.map(({ resource }) => resource))];
  const [best] = resources
    .map((resource) => ({ resource, pathParameters: match(partsOf(resource), segments) }))
    .filter(({ pathParameters }) => pathParameters !== undefined)
    .sort((left, right) => (rank(left.resource) < rank(right.resource) ? -1 : 1));
  if (best?.pathParameters === undefined) return undefined;
  const own = methods.filter(({ resource }) => resource === best.resource);
  const method =
    own.find((candidate) => candidate.httpMethod === httpMethod) ??
    own.find((candidate) => candidate.httpMethod === "ANY");
  return method && { method, pathParameters: best.pathParameters };
}

function partsOf(resource: string): readonly string[] {
  return resource === "/" ? [] : resource.slice(1).split("/");
}

function rank(resource: string): string {
  return partsOf(resource)
    .map((part) => (part.endsWith("+}") ? "c" : part.startsWith("{") ? "b" : "a"))
    .join("");
}

function match(parts: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  // A slash at the end does not count.
  const sent = segments.at(-1) === "" ? segments.slice(0, -1) : segments;
  const parameters: [string, string][] = [];
  for (const [index, part] of parts.entries()) {
    const segment = sent[index];
    if (segment === undefined || segment === "") return undefined;
    if (part.endsWith("+}")) {
      return Object.fromEntries([...parameters, [part.slice(1, -2), sent.slice(index).join("/")]]);
    }
    if (part.startsWith("{")) parameters.push([part.slice(1, -1), segment]);
    else if (part !== decodeURIComponent(segment)) return undefined;
  }
  return parts.length === sent.length ? Object.fromEntries(parameters) : undefined;
}
