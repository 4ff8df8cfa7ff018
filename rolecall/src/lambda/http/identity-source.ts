import type { SignedRequest } from "./request.ts";

/** What an identity source may refer to. */
export interface IdentityScope {
  readonly request: SignedRequest;
  readonly stageVariables: Readonly<Record<string, string>>;
  /** Of `$context`, e.g. `routeKey` or `path`. */
  readonly context: Readonly<Record<string, string>>;
}

/**
 * The values that an authorizer's identity sources name: `$request.header.NAME` at an HTTP API,
 * `method.request.header.NAME` at a REST API, likewise `querystring`, `stageVariables` and `context`.
 *
 * @returns undefined when one of them is missing or empty: then nobody is asked, and the answer is 401
 */
export function identityValues(
  sources: readonly string[],
  { request, stageVariables, context }: IdentityScope,
): readonly string[] | undefined {
  const query = new URLSearchParams(request.query);
  const values = sources.map((source) => {
    const [, place = "", name = ""] =
      /^(?:\$|method\.)?(request\.header|request\.querystring|stageVariables|context)\.(.+)$/.exec(
        source.trim(),
      ) ?? [];
    if (place === "request.header") return own(request.headers, name.toLowerCase());
    if (place === "request.querystring") return query.get(name) ?? undefined;
    return own(place === "context" ? context : stageVariables, name);
  });
  return values.every((value) => value !== undefined && value !== "") ? (values as string[]) : undefined;
}

function own(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
