import type { SignedRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";

/** A MOCK integration: the API answers by itself. */
export interface MockIntegration {
  readonly status: number;
  /** By header name; static values alone. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Origins of which the request's own is allowed instead of the one in `headers`; `*` stands for anything. */
  readonly origins: readonly RegExp[];
}

export function mockResponse(
  { status, headers, body, origins }: MockIntegration,
  request: SignedRequest,
): HttpResponse {
  const { origin = "" } = request.headers;
  const isAllowed = origins.some((allowed) => allowed.test(origin));
  return {
    status,
    headers: {
      "content-type": "application/json",
      ...headers,
      ...(isAllowed && { "access-control-allow-origin": origin }),
    },
    body: Buffer.from(body),
  };
}

/**
 * The origins of the template that the Serverless Framework writes for a resource with several. No other use of the
 * Velocity Template Language is imitated.
 *
 * @returns undefined for another template
 */
export function originsInTemplate(template: string): readonly RegExp[] | undefined {
  const shape =
    /^#set\(\$origin = \$input\.params\("Origin"\)\)\s+#if\(\$origin == ""\) #set\(\$origin = \$input\.params\("origin"\)\) #end\s+#if\((.*)\) #set\(\$context\.responseOverride\.header\.Access-Control-Allow-Origin = \$origin\) #end\s*$/;
  const [, tests] = shape.exec(template) ?? [];
  if (tests === undefined) return undefined;
  return [...tests.matchAll(/\$origin\.matches\("([^"]*)"\)/g)].map(
    ([, pattern]) => new RegExp(`^(?:${pattern})$`),
  );
}
