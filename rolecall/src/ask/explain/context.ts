import type { ActionFacts } from "../../catalog/actions.ts";
import type { AccessRequest, Caller } from "../../iam/types.ts";
import type { Stack, StackResource } from "../../stack/template.ts";
import { requireKey } from "./facts.ts";
import { SenselessQuestion } from "./senseless.ts";

/**
 * Reads condition keys as they are typed.
 *
 * @param entries `KEY=VALUE` each; a key that has several values comes several times
 * @throws {SenselessQuestion} for an entry of another form, a key that requests for the action do not carry, or a
 * value that is not of the key's type
 */
export async function readContext(
  entries: readonly string[],
  action: ActionFacts,
): Promise<AccessRequest["context"]> {
  const keys = new Map<string, { readonly key: string; readonly values: string[] }>();
  for (const entry of entries) {
    const equals = entry.indexOf("=");
    if (equals < 1) {
      throw new SenselessQuestion(`"${entry}" is no KEY=VALUE: write, say, s3:prefix=folder/.`);
    }
    const key = entry.slice(0, equals);
    const known = keys.get(key.toLowerCase()) ?? { key, values: [] };
    known.values.push(entry.slice(equals + 1));
    keys.set(key.toLowerCase(), known);
  }
  for (const { key, values } of keys.values()) await requireKey(action, key, values);
  return Object.fromEntries(
    [...keys.values()].map(({ key, values }) => [key, values.length === 1 ? (values[0] ?? "") : values]),
  );
}

/** What the question says of a key counts for more than what every request carries. */
export function withoutKeys(
  context: Record<string, string>,
  overriding: AccessRequest["context"],
): Record<string, string> {
  const overridden = new Set(Object.keys(overriding).map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(context).filter(([key]) => !overridden.has(key.toLowerCase())));
}

/**
 * On whose behalf an AWS service would call a resource of the stack, as the template connects them: a bucket that
 * notifies a queue, a rule whose target is a function, a route that calls it.
 */
export function sourceContext(caller: Caller, resource: string, stack: Stack): Record<string, string> {
  if (caller.type !== "service") return {};
  const arn = sourceArn(caller.service, resource, stack);
  return arn === undefined ? {} : { "aws:SourceArn": arn, "aws:SourceAccount": stack.environment.accountId };
}

function sourceArn(service: string, resource: string, stack: Stack): string | undefined {
  const mentioning = (type: string, text: string): StackResource | undefined =>
    [...stack.resources.values()].find(
      (candidate) => candidate.type === type && mentions(candidate.properties, text),
    );
  switch (service) {
    case "s3.amazonaws.com":
      return mentioning("AWS::S3::Bucket", resource)?.arn;
    case "events.amazonaws.com":
      return mentioning("AWS::Events::Rule", resource)?.arn;
    case "apigateway.amazonaws.com": {
      const integration = mentioning("AWS::ApiGatewayV2::Integration", resource);
      const route =
        integration && mentioning("AWS::ApiGatewayV2::Route", `integrations/${integration.physicalId}`);
      const { ApiId, RouteKey } = route?.properties ?? {};
      const { partition, region, accountId } = stack.environment;
      return (
        route &&
        `arn:${partition}:execute-api:${region}:${accountId}:${ApiId}/$default/${String(RouteKey).replace(" ", "")}`
      );
    }
    default:
      return undefined;
  }
}

function mentions(value: unknown, text: string): boolean {
  if (typeof value !== "object" || value === null) return value === text;
  return Object.values(value).some((part) => mentions(part, text));
}
