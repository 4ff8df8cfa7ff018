import type { Stack, StackResource } from "./template.ts";

/** What the policy of a REST API is attached to. */
export function apiArn({ physicalId }: StackResource, { environment }: Stack): string {
  const { partition, region, accountId } = environment;
  return `arn:${partition}:execute-api:${region}:${accountId}:${physicalId}`;
}

/**
 * The resource policy of a REST API, as `execute-api:Invoke` is decided by: a resource may be written short,
 * `execute-api:/stage/METHOD/path`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
 *
 * @param arn of the API, `arn:PARTITION:execute-api:REGION:ACCOUNT:APIID`
 */
export function apiPolicyDocument(policy: unknown, arn: string): unknown {
  if (!isRecord(policy)) return policy;
  return { ...policy, Statement: [policy.Statement].flat().map((statement) => completed(statement, arn)) };
}

function completed(statement: unknown, arn: string): unknown {
  if (!isRecord(statement)) return statement;
  const given = ["Resource", "NotResource"].filter((name) => Object.hasOwn(statement, name));
  const whole = given.map((name) => [
    name,
    [statement[name]].flat().map((resource) => complete(resource, arn)),
  ]);
  return { ...statement, ...Object.fromEntries(whole) };
}

function complete(resource: unknown, arn: string): unknown {
  return typeof resource === "string" ? resource.replace(/^execute-api:\/?/, `${arn}/`) : resource;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
