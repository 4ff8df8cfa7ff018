import { createHash } from "node:crypto";
import * as v from "valibot";
import { evaluateCondition, type Json, NO_VALUE, references, resolve, type Scope } from "./intrinsics.ts";
import { type Environment, type Identity, urlSuffix } from "./naming.ts";
import { namingOf, TYPES_FILE } from "./resource-types.ts";

/** What JSON.parse gave needs no look at its leaves. */
const jsonSchema = v.unknown();
const oneOrMany = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((value) => (typeof value === "string" ? [value] : value)),
);

type JsonRecord = Readonly<Record<string, Json>>;

/** A CloudFormation template with its intrinsics. */
export interface Template {
  readonly Parameters: Readonly<
    Record<string, { readonly Type: string; readonly Default?: string | number | undefined }>
  >;
  readonly Mappings: Readonly<Record<string, Readonly<Record<string, JsonRecord>>>>;
  readonly Conditions: JsonRecord;
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Properties: JsonRecord;
        readonly DependsOn: readonly string[];
        readonly Condition?: string | undefined;
        readonly Metadata?: Json | undefined;
      }
    >
  >;
  readonly Outputs: Readonly<
    Record<string, { readonly Value: Json; readonly Condition?: string | undefined }>
  >;
}

/** The sections that are known; a template that uses another (Transform, Rules) may mean what is not seen here. */
const templateSchema = v.strictObject({
  AWSTemplateFormatVersion: v.optional(v.string()),
  Description: v.optional(v.string()),
  Metadata: v.optional(jsonSchema),
  Parameters: v.optional(
    v.record(
      v.string(),
      v.looseObject({ Type: v.string(), Default: v.optional(v.union([v.string(), v.number()])) }),
    ),
    {},
  ),
  Mappings: v.optional(v.record(v.string(), v.record(v.string(), v.record(v.string(), jsonSchema))), {}),
  Conditions: v.optional(v.record(v.string(), jsonSchema), {}),
  Resources: v.record(
    v.string(),
    v.strictObject({
      Type: v.string(),
      Properties: v.optional(v.record(v.string(), jsonSchema), {}),
      DependsOn: v.optional(oneOrMany, []),
      Condition: v.optional(v.string()),
      CreationPolicy: v.optional(jsonSchema),
      DeletionPolicy: v.optional(jsonSchema),
      Metadata: v.optional(jsonSchema),
      UpdatePolicy: v.optional(jsonSchema),
      UpdateReplacePolicy: v.optional(jsonSchema),
    }),
  ),
  Outputs: v.optional(
    v.record(v.string(), v.looseObject({ Value: jsonSchema, Condition: v.optional(v.string()) })),
    {},
  ),
});

/** A template as it would stand in an account: every intrinsic resolved, every resource named. */
export interface Stack {
  readonly environment: Environment;
  /** By logical id; a resource whose condition is false is not among them. */
  readonly resources: ReadonlyMap<string, StackResource>;
  readonly outputs: Readonly<Record<string, string>>;
  /** What of the template was not understood and changes no decision. */
  readonly notes: readonly Note[];
}

export interface Note {
  /** A place in the template, e.g. `Resources.Db.Properties.Endpoint`. */
  readonly where: string;
  readonly says: string;
}

/**
 * The key in a resource's Metadata that says what its author calls it. Whoever reads the output of a framework puts it
 * there, because a logical id is often the framework's own invention.
 */
export const authorsName = "rolecall:name";

export interface StackResource {
  readonly logicalId: string;
  /** What its author calls it, where that is not its logical id. */
  readonly name?: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, Json>>;
  readonly dependsOn: readonly string[];
  /** What `Ref` gives. */
  readonly physicalId: string;
  /** Absent for a type that has none of its own. */
  readonly arn?: string;
}

/**
 * Checks that a value is a template.
 *
 * @param name What error messages call it.
 * @throws Error that names the section or the resource that is not as it should be.
 */
export function parseTemplate(json: unknown, name = "template"): Template {
  const result = v.safeParse(templateSchema, json);
  if (result.success) return result.output as Template;
  const [issue] = result.issues;
  throw new Error(`${name}: ${v.getDotPath(issue) ?? ""}: ${issue.message}`);
}

/**
 * Resolves a template as CloudFormation does when it deploys it: parameters, conditions, mappings, intrinsics, the
 * resources' names and ARNs.
 *
 * @throws Error that names what is not known (an attribute, an intrinsic, a reference, a type that grants), or the
 * resources that refer to each other in a circle.
 */
export function resolveTemplate(template: Template, environment: Environment): Stack {
  for (const [logicalId, { Type }] of Object.entries(template.Resources)) namingOf(Type, logicalId);
  const conditions = conditionReader(template, environment);
  const scope = stackScope(template, environment, conditions);
  const included = new Map(
    Object.entries(template.Resources).filter(([logicalId, resource]) =>
      isIncluded(resource.Condition, conditions, `Resources.${logicalId}.Condition`),
    ),
  );
  refuseCircles(template, scope, included);

  const resources = new Map<string, StackResource>();
  for (const [logicalId, resource] of included) {
    const where = `Resources.${logicalId}.Properties`;
    const { physicalId, arn } = scope.identity(logicalId, where);
    resources.set(logicalId, {
      logicalId,
      type: resource.Type,
      properties: resolve(resource.Properties, scope, where) as StackResource["properties"],
      dependsOn: resource.DependsOn.filter((id) => included.has(id)),
      physicalId,
      ...(arn !== undefined && { arn }),
      ...nameOf(resource.Metadata),
    });
  }
  return { environment, resources, outputs: resolveOutputs(template, scope, conditions), notes: [] };
}

function nameOf(metadata: Json | undefined): { readonly name?: string } {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return {};
  const name = (metadata as JsonRecord)[authorsName];
  return typeof name === "string" ? { name } : {};
}

type Conditions = (name: string, where: string) => boolean;

interface StackScope extends Scope {
  identity(logicalId: string, where: string): Identity;
}

function isIncluded(condition: string | undefined, conditions: Conditions, where: string): boolean {
  return condition === undefined || conditions(condition, where);
}

/** Conditions are evaluated before any resource, so they see parameters, mappings and each other only. */
function conditionReader(template: Template, environment: Environment): Conditions {
  const values = new Map<string, boolean | "being evaluated">();
  const scope: Scope = {
    ref: (name, where) => {
      const value = parameterValue(template, environment, name, where);
      if (value === undefined)
        throw new Error(`${where}: a condition cannot refer to "${name}", only to parameters`);
      return value;
    },
    attribute: (logicalId, _attribute, where) => {
      throw new Error(`${where}: a condition cannot refer to the resource "${logicalId}"`);
    },
    condition: evaluate,
    mapping: mappingReader(template),
  };
  function evaluate(name: string, where: string): boolean {
    const known = values.get(name);
    if (known === "being evaluated")
      throw new Error(`${where}: the conditions refer to each other in a circle through "${name}"`);
    if (known !== undefined) return known;
    const expression = own(template.Conditions, name);
    if (expression === undefined) throw new Error(`${where}: there is no condition "${name}"`);
    values.set(name, "being evaluated");
    const value = evaluateCondition(expression, scope, `Conditions.${name}`);
    values.set(name, value);
    return value;
  }
  return evaluate;
}

function stackScope(template: Template, environment: Environment, conditions: Conditions): StackScope {
  const identities = new Map<string, Identity>();
  const scope: StackScope = {
    ref: (name, where) =>
      parameterValue(template, environment, name, where) ?? scope.identity(name, where).physicalId,
    attribute: (logicalId, attribute, where) => {
      const value = own(scope.identity(logicalId, where).attributes, attribute);
      if (value !== undefined) return value;
      const type = own(template.Resources, logicalId)?.Type;
      throw new Error(
        `${where}: the attribute "${attribute}" of ${type} "${logicalId}" is not known here: say in ${TYPES_FILE} what ${type} gives`,
      );
    },
    condition: conditions,
    mapping: mappingReader(template),
    identity: (logicalId, where) => {
      const known = identities.get(logicalId);
      if (known !== undefined) return known;
      const resource = own(template.Resources, logicalId);
      if (resource === undefined) throw new Error(`${where}: there is no "${logicalId}" to refer to`);
      if (!isIncluded(resource.Condition, conditions, where))
        throw new Error(
          `${where}: refers to "${logicalId}", which the condition "${resource.Condition}" leaves out of the stack`,
        );
      const identity = namingOf(
        resource.Type,
        logicalId,
      )({
        logicalId,
        environment,
        text: (property) => propertyText(resource, logicalId, property, scope),
      });
      identities.set(logicalId, identity);
      return identity;
    },
  };
  return scope;
}

function propertyText(
  resource: Template["Resources"][string],
  logicalId: string,
  property: string,
  scope: Scope,
): string | undefined {
  const where = `Resources.${logicalId}.Properties.${property}`;
  const value = resolve(own(resource.Properties, property) ?? null, scope, where);
  if (value === null || value === NO_VALUE) return undefined;
  if (typeof value === "object") throw new Error(`${where}: expected text`);
  return String(value);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html */
function parameterValue(
  template: Template,
  environment: Environment,
  name: string,
  where: string,
): Json | typeof NO_VALUE | undefined {
  const { accountId, partition, region, stackName } = environment;
  switch (name) {
    case "AWS::AccountId":
      return accountId;
    case "AWS::NoValue":
      return NO_VALUE;
    case "AWS::Partition":
      return partition;
    case "AWS::Region":
      return region;
    case "AWS::StackId":
      return `arn:${partition}:cloudformation:${region}:${accountId}:stack/${stackName}/${stackUuid(environment)}`;
    case "AWS::StackName":
      return stackName;
    case "AWS::URLSuffix":
      return urlSuffix(environment);
  }
  if (name.startsWith("AWS::")) throw new Error(`${where}: the pseudo parameter ${name} is not known here`);

  const parameter = own(template.Parameters, name);
  if (parameter === undefined) return undefined;
  if (parameter.Type.startsWith("AWS::SSM::"))
    throw new Error(
      `${where}: the parameter "${name}" (${parameter.Type}) is read from SSM when it is deployed`,
    );
  const value = own(environment.parameters ?? {}, name) ?? parameter.Default;
  if (value === undefined)
    throw new Error(`${where}: the parameter "${name}" has neither a value nor a default`);
  const isList = parameter.Type === "CommaDelimitedList" || parameter.Type.startsWith("List<");
  return isList ? String(value).split(",") : String(value);
}

function stackUuid({ accountId, region, stackName }: Environment): string {
  const digits = createHash("sha256").update([accountId, region, stackName].join("/")).digest("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

function mappingReader(template: Template): Scope["mapping"] {
  return (map, key, secondKey, where) => {
    const value = own(own(own(template.Mappings, map) ?? {}, key) ?? {}, secondKey);
    if (value === undefined)
      throw new Error(`${where}: there is no ${map}.${key}.${secondKey} in the mappings`);
    return value;
  };
}

/** CloudFormation creates a resource after those it refers to, so it refuses references that come back. */
function refuseCircles(
  template: Template,
  scope: Scope,
  included: ReadonlyMap<string, Template["Resources"][string]>,
): void {
  const edges = new Map<string, ReadonlySet<string>>();
  for (const [logicalId, { Properties, DependsOn }] of included) {
    const unknown = DependsOn.find((id) => !Object.hasOwn(template.Resources, id));
    if (unknown !== undefined)
      throw new Error(`Resources.${logicalId}.DependsOn: there is no resource "${unknown}"`);
    const targets = [...references(Properties, scope, `Resources.${logicalId}.Properties`), ...DependsOn];
    edges.set(logicalId, new Set(targets.filter((target) => included.has(target))));
  }
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (logicalId: string): void => {
    const start = path.indexOf(logicalId);
    if (start !== -1)
      throw new Error(`Circular dependency between resources: [${path.slice(start).join(", ")}]`);
    if (done.has(logicalId)) return;
    path.push(logicalId);
    edges.get(logicalId)?.forEach(visit);
    path.pop();
    done.add(logicalId);
  };
  for (const logicalId of edges.keys()) visit(logicalId);
}

function resolveOutputs(template: Template, scope: Scope, conditions: Conditions): Record<string, string> {
  return Object.fromEntries(
    Object.entries(template.Outputs).flatMap(([name, output]) => {
      const where = `Outputs.${name}`;
      if (!isIncluded(output.Condition, conditions, where)) return [];
      const value = resolve(output.Value, scope, `${where}.Value`);
      if (typeof value === "object" || typeof value === "symbol")
        throw new Error(`${where}.Value: expected text`);
      return [[name, String(value)]];
    }),
  );
}

/** A template's names are its author's: one like "constructor" must not find what every object has. */
function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
