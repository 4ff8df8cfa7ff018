import { type ActionFacts, actionsOf, findAction } from "../../catalog/actions.ts";
import type { Environment } from "../../stack/naming.ts";
import type { Service } from "../../stack/source/service.ts";
import type { StackResource } from "../../stack/template.ts";

/** One thing that a role may be allowed: an action on a resource that the action takes. */
export interface Pair {
  readonly action: string;
  /** `*` for an action that knows no other resource. */
  readonly resource: string;
  /** Whether the resource is the stack's, another of the same account, or `*`. */
  readonly whose: "stack" | "foreign" | "any";
}

export interface Universe {
  /** The services in use, each with the number of its actions. */
  readonly services: Readonly<Record<string, number>>;
  readonly pairs: readonly Pair[];
}

/**
 * Everything that could be asked of the services in use: each of their actions on each of the stack's resources of a
 * type that the action takes, and on one foreign resource of each such type; on `*` where the action takes none.
 *
 * A service is in use when an action in one of the template's policies, or the ARN of one of the stack's resources,
 * names it. What is foreign belongs to the same account, where no other policy has to agree.
 */
export async function universeOf(service: Service): Promise<Universe> {
  const { environment } = service.stack;
  const arns = stackArns(service);
  const prefixes = servicesInUse(service, arns);
  const actions = new Map<string, readonly ActionFacts[]>();
  for (const prefix of prefixes) {
    const facts = await Promise.all((await actionsOf(prefix)).map(findAction));
    actions.set(
      prefix,
      facts.flatMap((one) => one ?? []),
    );
  }
  const all = [...actions.values()].flat();
  const typeOf = typeFinder(all);
  return {
    services: Object.fromEntries([...actions].map(([prefix, { length }]) => [prefix, length])),
    pairs: all.flatMap((action) => pairsOf(action, arns, typeOf, environment)),
  };
}

function pairsOf(
  { name: action, resourceTypes }: ActionFacts,
  arns: readonly string[],
  typeOf: (arn: string) => string | undefined,
  environment: Environment,
): readonly Pair[] {
  if (resourceTypes.length === 0) return [{ action, resource: "*", whose: "any" }];
  const types = new Set(resourceTypes.map(({ arn }) => arn));
  // Types that differ in the names of their variables only have one foreign resource.
  const foreign = new Set([...types].map((type) => asAsked(foreignArn(type, environment))));
  return [
    ...arns
      .filter((arn) => types.has(typeOf(arn) ?? ""))
      .map((resource): Pair => ({ action, resource, whose: "stack" })),
    ...[...foreign].map((resource): Pair => ({ action, resource, whose: "foreign" })),
  ];
}

function servicesInUse({ roles, resourcePolicies }: Service, arns: readonly string[]): readonly string[] {
  const documents = [
    ...roles.flatMap(({ policies, trust }) => [trust, ...policies.map(({ document }) => document)]),
    ...[...resourcePolicies.values()].flat().map(({ document }) => document),
  ];
  const ofActions = documents.flatMap(({ statements }) =>
    statements.flatMap(({ actions }) => actions.patterns.map((pattern) => pattern.split(":")[0] ?? "")),
  );
  const ofResources = arns.map((arn) => arn.split(":")[2] ?? "");
  return [...new Set([...ofActions, ...ofResources])].filter((name) => /^[a-z0-9-]+$/.test(name)).sort();
}

/**
 * The stack's resources as a request names them. What lies in them, objects, log streams, jobs, is as many as the
 * template's policies tell apart: one for each pattern, one more in each bucket and in each log group.
 */
function stackArns({ stack, roles, resourcePolicies }: Service): readonly string[] {
  const resources = [...stack.resources.values()];
  const documents = [...roles.flatMap(({ policies }) => policies), ...[...resourcePolicies.values()].flat()];
  const patterns = documents.flatMap(({ document }) =>
    document.statements.flatMap(({ resources: named }) => named?.patterns ?? []),
  );
  const arns = resources.flatMap((resource): string[] => {
    const { type, arn } = resource;
    if (type === "AWS::ApiGatewayV2::Api") return routeArns(resource, resources, stack.environment);
    if (arn === undefined) return [];
    if (type === "AWS::S3::Bucket") return [arn, `${arn}/any`];
    if (type !== "AWS::Logs::LogGroup") return [arn];
    const group = arn.replace(/:\*$/, "");
    return [asAsked(group), `${group}:log-stream:any`];
  });
  const within = patterns
    .filter((pattern) => pattern.startsWith("arn:") && pattern.includes("*") && !pattern.includes(":*"))
    .map((pattern) => pattern.replace(/\*+/g, "any"));
  return [...new Set([...arns, ...within])];
}

function routeArns(
  api: StackResource,
  resources: readonly StackResource[],
  { partition, region, accountId }: Environment,
): string[] {
  const ofApi = (type: string) =>
    resources.filter((one) => one.type === type && one.properties.ApiId === api.physicalId);
  const stage = ofApi("AWS::ApiGatewayV2::Stage")[0]?.physicalId ?? "$default";
  return ofApi("AWS::ApiGatewayV2::Route").map(({ properties }) => {
    const [method = "", path = ""] = String(properties.RouteKey).split(" ");
    const asked = path.replace(/\{[^}]*\}/g, "any");
    return `arn:${partition}:execute-api:${region}:${accountId}:${api.physicalId}/${stage}/${method}${asked}`;
  });
}

/** CloudWatch Logs asks about a log group by the ARN of its streams, with none named. */
function asAsked(arn: string): string {
  return /:log-group:[^:]+$/.test(arn) ? `${arn}:log-stream:` : arn;
}

function foreignArn(type: string, { partition, region, accountId }: Environment): string {
  const own: Readonly<Record<string, string>> = { Partition: partition, Region: region, Account: accountId };
  return type.replace(/\$\{(\w+)\}/g, (_, variable: string) => own[variable] ?? "foreign");
}

/** Finds the resource type, as the pattern of its ARN, that fits most closely: an object is no bucket with a slash. */
function typeFinder(actions: readonly ActionFacts[]): (arn: string) => string | undefined {
  const types = [...new Set(actions.flatMap(({ resourceTypes }) => resourceTypes.map(({ arn }) => arn)))]
    .map((type) => ({ type, variables: type.split("${").length, fits: arnPattern(type) }))
    .sort((a, b) => b.variables - a.variables);
  const found = new Map<string, string | undefined>();
  return (arn) => {
    if (!found.has(arn)) found.set(arn, types.find(({ fits }) => fits.test(arn))?.type);
    return found.get(arn);
  };
}

function arnPattern(type: string): RegExp {
  const parts = asAsked(type).split(/\$\{\w+\}/);
  const literals = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literals.join("[^:]+")}$`);
}
