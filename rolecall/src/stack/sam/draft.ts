import { createHash } from "node:crypto";
import type { Note } from "../note.ts";

export type Properties = Readonly<Record<string, unknown>>;

/** A resource of a template, its intrinsics unresolved. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Properties;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly [attribute: string]: unknown;
}

/** A template on its way from SAM's resources to CloudFormation's. */
export interface Draft {
  readonly resources: Map<string, Resource>;
  /** Conditions that the transform adds. */
  readonly conditions: Map<string, unknown>;
  readonly notes: Note[];
  /** The properties of SAM's APIs, by logical id. */
  readonly apis: ReadonlyMap<string, Properties>;
  /** The functions' default routes whose permission covers their other routes. */
  readonly covered: Set<string>;
  /** The default of a parameter, where a value refers to one; any other value as it is. */
  readonly plain: (value: unknown) => unknown;
}

export function record(value: unknown): Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Properties) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

/** Leaves out what is undefined. */
export function given(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

export const ref = (logicalId: string) => ({ Ref: logicalId });
export const getAtt = (logicalId: string, attribute: string) => ({ "Fn::GetAtt": [logicalId, attribute] });
export const sub = (text: string, variables?: Properties) => ({
  "Fn::Sub": variables === undefined ? text : [text, variables],
});

/** The logical id that a `Ref` or an `Fn::GetAtt` names. */
export function referredTo(value: unknown): string | undefined {
  const { Ref, "Fn::GetAtt": attribute } = record(value);
  if (typeof Ref === "string") return Ref;
  const [id] = typeof attribute === "string" ? attribute.split(".") : list(attribute);
  return typeof id === "string" ? id : undefined;
}

/** The branches of an `Fn::If`. */
export function branches(
  value: unknown,
): readonly [condition: unknown, yes: unknown, no: unknown] | undefined {
  const parts = record(value)["Fn::If"];
  return Array.isArray(parts) && parts.length === 3 ? (parts as [unknown, unknown, unknown]) : undefined;
}

export const isNoValue = (value: unknown) => record(value).Ref === "AWS::NoValue";

/** How SAM parts logical ids that would be the same: ten digits of what makes them different. */
export function digits(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(sorted(value));
  return createHash("sha1").update(text).digest("hex").slice(0, 10);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/** What a generated resource takes over from the one that it is made for. */
export function inherited(resource: Resource): Pick<Resource, "Condition"> {
  return resource.Condition === undefined ? {} : { Condition: resource.Condition };
}

/** Who may assume a role, as SAM writes it. */
export const trust = (service: string) => ({
  Version: "2012-10-17",
  Statement: [{ Action: ["sts:AssumeRole"], Effect: "Allow", Principal: { Service: [service] } }],
});

/** A policy of one statement, as SAM adds it to a role. */
export const inlinePolicy = (name: string, action: string, resource: unknown) => ({
  PolicyName: name,
  PolicyDocument: { Statement: [{ Action: action, Effect: "Allow", Resource: resource }] },
});
