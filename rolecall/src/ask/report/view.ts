import type { NamedPolicy, Statement } from "../../iam/types.ts";
import type { ExecutionRole } from "../../stack/principals.ts";
import type { Service } from "../../stack/source/service.ts";
import type { Source, Sources, StatementSource } from "../../stack/source/sources.ts";
import type { Stack, StackResource } from "../../stack/template.ts";

/** Who may do what and who may call whom, in full: no name is shortened. */
export interface PermissionsView {
  readonly stage: string;
  readonly region: string;
  readonly functions: readonly FunctionView[];
  /** Those with a resource-based policy, functions aside. */
  readonly resources: readonly ResourceView[];
  readonly apis: readonly ApiView[];
}

export interface StatementView extends Statement {
  /** The policy's name, or the logical id of the resource that carries it. */
  readonly policy: string;
  readonly source?: StatementSource;
}

export interface FunctionView {
  readonly functionKey: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly description?: string;
  readonly source?: Source;
  readonly role: { readonly logicalId: string; readonly name: string; readonly arn: string };
  /** Names of policies, the boundary among them, of which nothing is known. */
  readonly unknown: readonly string[];
  /** The permissions boundary: what is not allowed in it either, the function may not. */
  readonly boundary?: string;
  /** Who may act as the role. */
  readonly trust: readonly StatementView[];
  /** What the function may do: its role's, those that were written before those that a plugin adds. */
  readonly statements: readonly StatementView[];
  readonly byResource: readonly Summary[];
  readonly byAction: readonly Summary[];
  /** Who may invoke it: its resource-based policy. */
  readonly callers: readonly StatementView[];
  /** What Lambda polls for it, with its role. */
  readonly polls: readonly { readonly arn: string; readonly source?: Source }[];
}

/** `Action` or `Resource` of a statement, or its Not form. */
export type Element = Statement["actions"];

/** As the Lambda console's Permissions tab sums a role up. */
export interface Summary {
  /** One resource pattern, or one action; or all but those of a NotResource, a NotAction. */
  readonly subject: Element;
  readonly grants: readonly {
    readonly effect: Statement["effect"];
    /** The actions on a resource, or the resources of an action. */
    readonly on: Element;
    /** The keys of the conditions on it. */
    readonly conditionKeys: readonly string[];
    readonly sid?: string;
  }[];
}

export interface ResourceView {
  readonly logicalId: string;
  readonly type: string;
  readonly arn: string;
  readonly source?: Source;
  readonly statements: readonly StatementView[];
  /** What of its policies is not known. */
  readonly unknown: readonly string[];
}

export interface ApiView {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly routes: readonly RouteView[];
}

export interface RouteView {
  /** E.g. `GET /photos/{id}`. */
  readonly routeKey: string;
  /** `AWS_IAM`, `JWT`, `CUSTOM`, or `NONE`: open to everybody. */
  readonly authorization: string;
  /** What a caller of a route with IAM authorization has to be allowed `execute-api:Invoke` on. */
  readonly invokeArn: string;
  readonly functionKey?: string;
  readonly source?: Source;
}

/** Puts together what the packaged service says, and where each part of it is written. */
export function viewPermissions(service: Service, sources: Sources): PermissionsView {
  const { stack, stage, roles, resourcePolicies } = service;
  const functionArns = new Set(ofType(stack, "AWS::Lambda::Function").map(({ arn }) => arn));
  return {
    stage,
    region: stack.environment.region,
    functions: roles.map((role) => viewFunction(service, sources, role)),
    resources: [...resourcePolicies].flatMap(([arn, policies]) => {
      const resource = [...stack.resources.values()].find((one) => one.arn === arn);
      if (resource === undefined || functionArns.has(arn)) return [];
      const { logicalId, type } = resource;
      const statements = attached(policies, sources);
      return [
        {
          logicalId,
          type,
          arn,
          ...line(sources.resourceLine(logicalId)),
          statements,
          unknown: unknownsOf(policies),
        },
      ];
    }),
    apis: ofType(stack, "AWS::ApiGatewayV2::Api").map((api) => viewApi(service, sources, api)),
  };
}

function viewFunction({ stack, resourcePolicies }: Service, sources: Sources, role: ExecutionRole) {
  const { functionKey, functionName, logicalId, name, arn, boundary, trust, policies } = role;
  const lambda = ofType(stack, "AWS::Lambda::Function").find(({ physicalId }) => physicalId === functionName);
  const functionArn = lambda?.arn ?? "";
  const { Description } = lambda?.properties ?? {};
  const identity = policies
    .flatMap((policy) =>
      policy.document.statements.map((statement) =>
        located(statement, policy.name, identitySource(sources, role, policy.name, statement)),
      ),
    )
    .sort((a, b) => Number(a.source?.origin === "added") - Number(b.source?.origin === "added"));
  return {
    functionKey,
    functionName,
    functionArn,
    ...(typeof Description === "string" && { description: Description }),
    ...line(sources.functionLine(functionKey)),
    role: { logicalId, name, arn },
    ...(boundary && { boundary: boundary.name }),
    unknown: unknownsOf([...policies, ...(boundary ? [boundary] : [])]),
    trust: attached([{ name: logicalId, document: trust }], sources),
    statements: identity,
    byResource: summarise(identity, resourcesOf, actionsOf),
    byAction: summarise(identity, actionsOf, resourcesOf),
    callers: attached(resourcePolicies.get(functionArn) ?? [], sources),
    polls: ofType(stack, "AWS::Lambda::EventSourceMapping").flatMap((mapping) => {
      const { FunctionName, EventSourceArn } = mapping.properties;
      if (FunctionName !== functionArn && FunctionName !== functionName) return [];
      return typeof EventSourceArn === "string"
        ? [{ arn: EventSourceArn, ...line(sources.resourceLine(mapping.logicalId)) }]
        : [];
    }),
  } satisfies FunctionView;
}

function viewApi({ stack, roles }: Service, sources: Sources, api: StackResource): ApiView {
  const { partition, region, accountId } = stack.environment;
  const { Name } = api.properties;
  const arn = `arn:${partition}:execute-api:${region}:${accountId}:${api.physicalId}`;
  const ofApi = (type: string) =>
    ofType(stack, type).filter(({ properties }) => properties.ApiId === api.physicalId);
  const stage = ofApi("AWS::ApiGatewayV2::Stage")[0]?.physicalId ?? "*";
  const functionOf = (target: unknown) => {
    const uri = ofApi("AWS::ApiGatewayV2::Integration").find(
      ({ physicalId }) => target === `integrations/${physicalId}`,
    )?.properties.IntegrationUri;
    const lambda = ofType(stack, "AWS::Lambda::Function").find((one) => one.arn === uri);
    return roles.find(({ functionName }) => functionName === lambda?.physicalId)?.functionKey;
  };
  return {
    logicalId: api.logicalId,
    name: typeof Name === "string" ? Name : api.logicalId,
    arn,
    routes: ofApi("AWS::ApiGatewayV2::Route").map(({ properties }) => {
      const routeKey = String(properties.RouteKey);
      const [method = "", path = ""] = routeKey.split(" ");
      const functionKey = functionOf(properties.Target);
      return {
        routeKey,
        authorization:
          typeof properties.AuthorizationType === "string" ? properties.AuthorizationType : "NONE",
        invokeArn: `${arn}/${stage}/${method}${path.replace(/\{[^}]*\}/g, "*")}`,
        ...(functionKey !== undefined && { functionKey }),
        ...line(sources.routeLine(routeKey)),
      };
    }),
  };
}

function unknownsOf(policies: readonly NamedPolicy[]): readonly string[] {
  return [...new Set(policies.flatMap(({ document }) => document.unknown ?? []))];
}

function attached(policies: readonly NamedPolicy[], sources: Sources): readonly StatementView[] {
  return policies.flatMap(({ name, document }) =>
    document.statements.map((statement) =>
      located(statement, name, sources.statement({ logicalId: name, ...wantedOf(statement) })),
    ),
  );
}

/** In the function's own statements, in the policy that is attached to its role, or in the role. */
function identitySource(
  sources: Sources,
  { functionKey, logicalId }: ExecutionRole,
  policy: string,
  statement: Statement,
): StatementSource | undefined {
  const wanted = wantedOf(statement);
  return (
    sources.statement({ functionKey, ...wanted }) ??
    sources.statement({ logicalId: policy, ...wanted }) ??
    sources.statement({ logicalId, ...wanted })
  );
}

const wantedOf = ({ sid, actions }: Statement) => ({ sid, actions: actions.patterns });

function located(statement: Statement, policy: string, source: StatementSource | undefined): StatementView {
  return { ...statement, policy, ...(source && { source }) };
}

function line(source: Source | undefined): { source?: Source } {
  return source === undefined ? {} : { source };
}

const actionsOf = ({ actions }: Statement): Element => actions;
const resourcesOf = ({ resources }: Statement): Element => resources ?? { not: false, patterns: [] };

function summarise(
  statements: readonly Statement[],
  subject: (statement: Statement) => Element,
  object: (statement: Statement) => Element,
): readonly Summary[] {
  const grants = statements.flatMap((statement) => {
    const grant = {
      effect: statement.effect,
      on: object(statement),
      conditionKeys: statement.conditions.map(({ key }) => key),
      ...(statement.sid !== undefined && { sid: statement.sid }),
    };
    return single(subject(statement)).map((one) => ({ subject: one, grant }));
  });
  return [...Map.groupBy(grants, (grant) => JSON.stringify(grant.subject)).values()].flatMap((alike) => {
    const [first] = alike;
    return first === undefined ? [] : [{ subject: first.subject, grants: alike.map(({ grant }) => grant) }];
  });
}

/** Each pattern by itself; those of a Not form belong together. */
function single(element: Element): readonly Element[] {
  return element.not ? [element] : element.patterns.map((pattern) => ({ not: false, patterns: [pattern] }));
}

function ofType(stack: Stack, type: string): readonly StackResource[] {
  return [...stack.resources.values()].filter((resource) => resource.type === type);
}
