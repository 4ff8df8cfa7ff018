import { createHash } from "node:crypto";
import * as v from "valibot";
import { hasUnknown, unknown } from "../iam/unknown.ts";
import { expandForEach } from "./for-each.ts";
import {
  evaluateCondition,
  type Json,
  NO_VALUE,
  references,
  resolve,
  type Scope,
  type Truth,
} from "./intrinsics.ts";
import { type Environment, type Identity, urlSuffix } from "./naming.ts";
import type { Note } from "./note.ts";
import { isWellKnown, namingOf } from "./resource-types.ts";

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
    Record<string, { readonly Type: string; readonly Default?: Json | undefined }>
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
  /** What of it is not understood and was left out. */
  readonly notes?: readonly Note[];
}

const record = v.record(v.string(), jsonSchema);

/** Other sections, and other keys of a resource, decide nothing about permissions. */
const templateSchema = v.object({
  Transform: v.optional(jsonSchema),
  Parameters: v.optional(
    v.record(
      v.string(),
      v.object({ Type: v.optional(v.string(), "String"), Default: v.optional(jsonSchema) }),
    ),
    {},
  ),
  Mappings: v.optional(v.record(v.string(), v.record(v.string(), jsonSchema)), {}),
  Conditions: v.optional(record, {}),
  Resources: v.pipe(
    v.record(v.string(), jsonSchema),
    v.check((all) => !Array.isArray(all), "expected an object"),
  ),
  Outputs: v.optional(record, {}),
});

const resourceSchema = v.object({
  Type: v.string(),
  Properties: v.optional(record, {}),
  DependsOn: v.optional(oneOrMany, []),
  Condition: v.optional(v.string()),
  Metadata: v.optional(jsonSchema),
});
const outputSchema = v.object({ Value: jsonSchema, Condition: v.optional(v.string()) });

/** A template as it would stand in an account: every intrinsic resolved, every resource named. */
export interface Stack {
  readonly environment: Environment;
  /** By logical id; a resource whose condition is false is not among them. */
  readonly resources: ReadonlyMap<string, StackResource>;
  readonly outputs: Readonly<Record<string, string>>;
  /** What of the template was not understood and changes no decision. */
  readonly notes: readonly Note[];
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
  /** The name of the unknown that its being there hangs on. */
  readonly condition?: string;
}

/**
 * Checks that a value is a template.
 *
 * @param name What error messages call it.
 * @throws Error that names the section or the resource that is not as it should be.
 */
export function parseTemplate(json: unknown, name = "template"): Template {
  const { value, notes } = expandForEach(json);
  const result = v.safeParse(templateSchema, value);
  if (!result.success) {
    const [issue] = result.issues;
    throw new Error(`${name}: ${v.getDotPath(issue) ?? ""}: ${issue.message}`);
  }
  const { Transform, Resources, Outputs, ...rest } = result.output;
  for (const transform of [Transform ?? []].flat())
    notes.push({
      where: "Transform",
      says: `what ${transformName(transform)} makes of the template is not seen`,
    });
  const readable = <const Schema extends v.GenericSchema>(section: string, all: object, schema: Schema) =>
    Object.fromEntries(
      Object.entries(all).flatMap(([key, one]): [string, v.InferOutput<Schema>][] => {
        const read = v.safeParse(schema, one);
        if (read.success) return [[key, read.output]];
        const [issue] = read.issues;
        const path = v.getDotPath(issue);
        const says = `is not understood and left out: ${path === null ? "" : `${path}: `}${issue.message}`;
        notes.push({ where: `${section}.${key}`, says });
        return [];
      }),
    );
  return {
    ...rest,
    Resources: readable("Resources", Resources, resourceSchema),
    Outputs: readable("Outputs", Outputs, outputSchema),
    ...(notes.length > 0 && { notes }),
  } as Template;
}

function transformName(transform: unknown): string {
  return typeof transform === "string" ? transform : JSON.stringify(transform);
}

/**
 * Resolves a template as CloudFormation does when it deploys it: parameters, conditions, mappings, intrinsics, the
 * resources' names and ARNs. What cannot be known before it is deployed becomes an unknown; a resource whose condition
 * is not known is kept.
 *
 * @throws Error for what CloudFormation refuses: a reference to nothing, or resources that refer to each other in a
 * circle.
 */
export function resolveTemplate(template: Template, environment: Environment): Stack {
  const notes = new Map<string, Note>();
  const note = (where: string, says: string) => void notes.set(`${where} ${says}`, { where, says });
  for (const { where, says } of template.notes ?? []) note(where, says);
  const conditions = conditionReader(template, environment, note);
  const scope = stackScope(template, environment, conditions, note);
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
    const condition = unknownCondition(resource.Condition, conditions, where);
    if (condition !== undefined)
      note(
        `Resources.${logicalId}`,
        `is taken to be there: its condition ${resource.Condition} hangs on ${condition}`,
      );
    resources.set(logicalId, {
      logicalId,
      type: resource.Type,
      properties: resolve(resource.Properties, scope, where) as StackResource["properties"],
      dependsOn: resource.DependsOn.filter((id) => included.has(id)),
      physicalId,
      ...(arn !== undefined && { arn }),
      ...(condition !== undefined && { condition }),
      ...nameOf(resource.Metadata),
    });
  }
  const outputs = resolveOutputs(template, scope, conditions);
  return { environment, resources, outputs, notes: [...notes.values()] };
}

type Conditions = (name: string, where: string) => Truth;
type Noter = Scope["note"];
function nameOf(metadata: Json | undefined): { readonly name?: string } {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return {};
  const name = (metadata as JsonRecord)[authorsName];
  return typeof name === "string" ? { name } : {};
}

interface StackScope extends Scope {
  identity(logicalId: string, where: string): Identity;
}

function isIncluded(condition: string | undefined, conditions: Conditions, where: string): boolean {
  return condition === undefined || conditions(condition, where) !== false;
}

function unknownCondition(
  condition: string | undefined,
  conditions: Conditions,
  where: string,
): string | undefined {
  const value = condition === undefined || conditions(condition, where);
  return typeof value === "boolean" ? undefined : value.unknown;
}

/** Whatever is not known can be supplied by its name, as parameters are. */
function opaqueIn({ parameters = {} }: Environment): Scope["opaque"] {
  return (name) => own(parameters, name) ?? unknown(name);
}

/** Conditions are evaluated before any resource, so they see parameters, mappings and each other only. */
function conditionReader(template: Template, environment: Environment, note: Noter): Conditions {
  const values = new Map<string, Truth | "being evaluated">();
  const scope: Scope = {
    ref: (name, where) => {
      const value = parameterValue(template, environment, name);
      if (value === undefined)
        throw new Error(`${where}: a condition cannot refer to "${name}", only to parameters`);
      return value;
    },
    attribute: (logicalId, _attribute, where) => {
      throw new Error(`${where}: a condition cannot refer to the resource "${logicalId}"`);
    },
    condition: evaluate,
    mapping: mappingReader(template, environment),
    opaque: opaqueIn(environment),
    note,
  };
  function evaluate(name: string, where: string): Truth {
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

function stackScope(
  template: Template,
  environment: Environment,
  conditions: Conditions,
  note: Noter,
): StackScope {
  const opaque = opaqueIn(environment);
  const identities = new Map<string, Identity>();
  const scope: StackScope = {
    ref: (name, where) =>
      parameterValue(template, environment, name) ?? scope.identity(name, where).physicalId,
    attribute: (logicalId, attribute, where) => {
      const value = own(scope.identity(logicalId, where).attributes, attribute);
      if (value !== undefined) return value;
      const type = own(template.Resources, logicalId)?.Type ?? "";
      const existing = Object.keys(scope.identity(logicalId, where).attributes);
      if (isWellKnown(type))
        note(
          where,
          `${type} has no attribute "${attribute}" that is known here; it has ${existing.join(", ") || "none"}`,
        );
      return opaque(`${logicalId}.${attribute}`);
    },
    condition: conditions,
    mapping: mappingReader(template, environment),
    opaque,
    note,
    identity: (logicalId, where) => {
      const known = identities.get(logicalId);
      if (known !== undefined) return known;
      const resource = own(template.Resources, logicalId);
      if (resource === undefined) throw new Error(`${where}: there is no "${logicalId}" to refer to`);
      if (!isIncluded(resource.Condition, conditions, where))
        throw new Error(
          `${where}: refers to "${logicalId}", which the condition "${resource.Condition}" leaves out of the stack`,
        );
      const naming = namingOf(resource.Type);
      const text = (property: string) => propertyText(resource, logicalId, property, scope);
      const identity = naming({ logicalId, environment, text, opaque });
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
  return typeof value === "object" ? scope.opaque(`${logicalId}.${property}`) : String(value);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html */
function parameterValue(
  template: Template,
  environment: Environment,
  name: string,
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
  const opaque = opaqueIn(environment);
  if (name.startsWith("AWS::")) return opaque(name);

  const parameter = own(template.Parameters, name);
  if (parameter === undefined) return undefined;
  const value = own(environment.parameters ?? {}, name) ?? parameter.Default;
  if (value === undefined || value === null) return opaque(`parameter:${name}`);
  // The value is a name in the Parameter Store, and what stands there is read when it is deployed.
  if (parameter.Type.startsWith("AWS::SSM::")) return opaque(`resolve:ssm:${value}`);
  const isList = parameter.Type === "CommaDelimitedList" || parameter.Type.startsWith("List<");
  if (!isList) return typeof value === "object" ? JSON.stringify(value) : String(value);
  if (typeof value === "object") return value;
  return hasUnknown(String(value))
    ? value
    : String(value)
        .split(",")
        .map((item) => item.trim());
}

function stackUuid({ accountId, region, stackName }: Environment): string {
  const digits = createHash("sha256").update([accountId, region, stackName].join("/")).digest("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

function mappingReader(template: Template, environment: Environment): Scope["mapping"] {
  return (map, key, secondKey, where) => {
    const value = own(own(own(template.Mappings, map) ?? {}, key) ?? {}, secondKey);
    if (value !== undefined) return value;
    const name = `${map}.${key}.${secondKey}`;
    if (hasUnknown(name)) return opaqueIn(environment)(name);
    throw new Error(`${where}: there is no ${name} in the mappings`);
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
      if (typeof value !== "object" && typeof value !== "symbol") return [[name, String(value)]];
      scope.note(`${where}.Value`, "is no text and left out");
      return [];
    }),
  );
}

/** A template's names are its author's: one like "constructor" must not find what every object has. */
function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
