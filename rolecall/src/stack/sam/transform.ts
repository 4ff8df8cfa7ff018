import type { Note } from "../note.ts";
import { expandHttpApi, expandRestApi, implicitHttpApi, implicitRestApi, stageIdOf } from "./api.ts";
import { expandConnector } from "./connector.ts";
import { type Draft, digits, given, list, type Properties, type Resource, record } from "./draft.ts";
import { expandFunction, s3Location, tagList } from "./function.ts";
import { withGlobals } from "./globals.ts";
import { expandStateMachine } from "./state-machine.ts";

/** A template in JSON, its intrinsics unresolved. */
export interface SamTemplate {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly [section: string]: unknown;
}

export interface Transformed {
  readonly template: SamTemplate;
  /** What was not understood. */
  readonly notes: readonly Note[];
}

const macro = "AWS::Serverless-2016-10-31";

/** Whether SAM's transform has still to be applied; a template that was deployed no longer names it. */
export function isSam({ Transform, Resources }: SamTemplate): boolean {
  return (
    list(Transform).includes(macro) ||
    Object.values(Resources).some(
      ({ Type }) => typeof Type === "string" && Type.startsWith("AWS::Serverless::"),
    )
  );
}

/**
 * Writes SAM's resources out as those of CloudFormation, with the logical ids that SAM gives them. A template without
 * any stays as it is.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
 *
 * @throws Error for a policy template without one of its parameters.
 */
export function transformSam(template: SamTemplate): Transformed {
  if (!isSam(template)) return { template, notes: [] };
  const globals = record(template.Globals);
  const own = Object.entries(template.Resources).map(
    ([id, resource]) => [id, withGlobals(resource, globals)] as const,
  );
  const all = [...own, ...implicitApis(own, globals)];
  const draft: Draft = {
    resources: new Map(all.filter(([, { Type }]) => !Type.startsWith("AWS::Serverless::"))),
    conditions: new Map(),
    notes: [],
    apis: new Map(
      all.flatMap(([id, { Type, Properties }]) =>
        Type === "AWS::Serverless::Api" || Type === "AWS::Serverless::HttpApi"
          ? [[id, record(Properties)]]
          : [],
      ),
    ),
    covered: new Set(),
    plain: (value) => {
      const parameter = record(record(template.Parameters)[String(record(value).Ref)]);
      return record(value).Ref === undefined ? value : (parameter.Default ?? value);
    },
  };
  const connectors = new Map<string, Resource>();
  for (const [id, resource] of all) {
    for (const [name, connector] of Object.entries(record(resource.Connectors))) {
      const { Properties } = record(connector);
      connectors.set(`${id}${name}`, {
        Type: "AWS::Serverless::Connector",
        Properties: { ...record(Properties), Source: { Id: id } },
      });
    }
    if (resource.Type === "AWS::Serverless::Connector") connectors.set(id, resource);
    else if (resource.Type.startsWith("AWS::Serverless::")) expand(id, resource, draft);
  }
  for (const [id, resource] of connectors) expandConnector(id, resource, draft);

  const { Globals: _globals, Transform, ...sections } = template;
  const others = list(Transform).filter((one) => one !== macro);
  const resources = withReferableIds(Object.fromEntries(draft.resources), all);
  return {
    template: {
      ...(record(withReferableIds(sections, all)) as typeof sections),
      ...(others.length > 0 && { Transform: others }),
      ...(draft.conditions.size > 0 && {
        Conditions: { ...record(template.Conditions), ...Object.fromEntries(draft.conditions) },
      }),
      Resources: resources as SamTemplate["Resources"],
    },
    notes: draft.notes,
  };
}

function expand(id: string, resource: Resource, draft: Draft): void {
  const properties = record(resource.Properties);
  const as = (logicalId: string, Type: string, Properties: Properties) => {
    const { IgnoreGlobals: _ignored, Connectors: _connectors, ...attributes } = resource;
    draft.resources.set(logicalId, { ...attributes, Type, Properties: given(Properties) });
  };
  switch (resource.Type) {
    case "AWS::Serverless::Function":
      expandFunction(id, resource, draft);
      break;
    case "AWS::Serverless::HttpApi":
      expandHttpApi(id, resource, draft);
      break;
    case "AWS::Serverless::Api":
      expandRestApi(id, resource, draft);
      break;
    case "AWS::Serverless::StateMachine":
      expandStateMachine(id, resource, draft);
      break;
    case "AWS::Serverless::SimpleTable":
      as(id, "AWS::DynamoDB::Table", table(properties));
      break;
    case "AWS::Serverless::LayerVersion": {
      const {
        ContentUri,
        LayerName,
        RetentionPolicy: _policy,
        PublishLambdaVersion: _publish,
        ...rest
      } = properties;
      const Content = s3Location(ContentUri, ["S3Bucket", "S3Key", "S3ObjectVersion"]);
      as(layerId(id, resource), "AWS::Lambda::LayerVersion", {
        ...rest,
        Content,
        LayerName: LayerName ?? id,
      });
      break;
    }
    case "AWS::Serverless::Application":
      draft.notes.push({ where: `Resources.${id}`, says: "what is in a nested application is not read" });
      as(id, "AWS::CloudFormation::Stack", {
        Parameters: properties.Parameters,
        TemplateURL: properties.Location,
      });
      break;
    default:
      draft.notes.push({ where: `Resources.${id}`, says: `${resource.Type} is not read here` });
      draft.resources.set(id, resource);
  }
}

function table({
  PrimaryKey,
  ProvisionedThroughput,
  TableName,
  Tags,
  SSESpecification,
}: Properties): Properties {
  const { Name = "id", Type = "String" } = record(PrimaryKey);
  const letter = String(Type).charAt(0).toUpperCase();
  return {
    AttributeDefinitions: [{ AttributeName: Name, AttributeType: letter }],
    KeySchema: [{ AttributeName: Name, KeyType: "HASH" }],
    ...(ProvisionedThroughput === undefined ? { BillingMode: "PAY_PER_REQUEST" } : { ProvisionedThroughput }),
    TableName,
    SSESpecification,
    Tags: Tags === undefined ? undefined : tagList(record(Tags)),
  };
}

/** A layer's version is a resource of its own for each content. */
function layerId(id: string, { Properties }: Resource): string {
  return `${id}${digits(Properties)}`;
}

/** The APIs that events belong to which name none. */
function implicitApis(
  resources: readonly (readonly [string, Resource])[],
  globals: Properties,
): readonly (readonly [string, Resource])[] {
  const events = resources.flatMap(([, { Type, Properties }]) =>
    /^AWS::Serverless::(?:Function|StateMachine)$/.test(Type)
      ? Object.values(record(record(Properties).Events)).map(record)
      : [],
  );
  const needs = (type: string, property: string) =>
    events.some(({ Type, Properties }) => Type === type && record(Properties)[property] === undefined);
  const implicit = (id: string, Type: string, Properties: Properties) =>
    resources.some(([one]) => one === id) ? [] : [[id, withGlobals({ Type, Properties }, globals)] as const];
  return [
    ...(needs("Api", "RestApiId")
      ? implicit(implicitRestApi, "AWS::Serverless::Api", { StageName: "Prod" })
      : []),
    ...(needs("HttpApi", "ApiId") ? implicit(implicitHttpApi, "AWS::Serverless::HttpApi", {}) : []),
  ];
}

/**
 * `!Ref Function.Alias` and the like stand for what SAM generates, and a layer's id for that of its version.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
 */
function withReferableIds(value: unknown, resources: readonly (readonly [string, Resource])[]): unknown {
  const ids = new Map<string, string>();
  for (const [id, resource] of resources) {
    const { AutoPublishAlias, StageName } = record(resource.Properties);
    if (resource.Type === "AWS::Serverless::LayerVersion") ids.set(id, layerId(id, resource));
    if (resource.Type === "AWS::Serverless::Function" && typeof AutoPublishAlias === "string")
      ids.set(`${id}.Alias`, `${id}Alias${AutoPublishAlias}`);
    if (resource.Type === "AWS::Serverless::Api") {
      ids.set(`${id}.Stage`, typeof StageName === "string" ? stageIdOf(id, StageName) : `${id}Stage`);
      ids.set(`${id}.Deployment`, `${id}Deployment`);
    }
    if (resource.Type === "AWS::Serverless::HttpApi") {
      const name =
        StageName === undefined ? "ApiGatewayDefault" : typeof StageName === "string" ? StageName : "";
      ids.set(`${id}.Stage`, `${id}${name}Stage`);
    }
    for (const [property, suffix] of [
      ["DestinationQueue", "Queue"],
      ["DestinationTopic", "Topic"],
    ] as const)
      if (resource.Type === "AWS::Serverless::Function")
        ids.set(`${id}.${property}`, `${id}EventInvokeConfigOnFailure${suffix}`);
  }
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== "object" || node === null) return node;
    const { Ref, "Fn::GetAtt": attribute, "Fn::Sub": substitution } = node as Properties;
    if (typeof Ref === "string") return { Ref: ids.get(Ref) ?? Ref };
    if (attribute !== undefined) {
      const path = typeof attribute === "string" ? attribute : list(attribute).join(".");
      const last = path.lastIndexOf(".");
      const id = ids.get(path.slice(0, last));
      return id === undefined ? node : { "Fn::GetAtt": [id, path.slice(last + 1)] };
    }
    if (substitution !== undefined) {
      const [text, ...variables] = list(substitution);
      const renamed = String(text).replaceAll(/\$\{([A-Za-z0-9.]+)\}/g, (whole, name) =>
        ids.has(name) ? `\${${ids.get(name)}}` : whole,
      );
      return { "Fn::Sub": variables.length === 0 ? renamed : [renamed, ...variables.map(walk)] };
    }
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walk(item)]));
  };
  return walk(value);
}
