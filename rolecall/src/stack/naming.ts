import { createHash } from "node:crypto";
import { hasUnknown } from "../iam/unknown.ts";

/** Where a template is deployed, or would be. */
export interface Environment {
  /** Twelve digits. */
  readonly accountId: string;
  readonly region: string;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string;
  readonly stackName: string;
  /** Values of the template's parameters; those left out take their defaults. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Policy documents of what is not in the template, by the ARN of a managed policy, or of a role for all of its. */
  readonly policies?: Readonly<Record<string, unknown>>;
}

/** What a deployed resource is called. */
export interface Identity {
  /** What `Ref` gives. */
  readonly physicalId: string;
  readonly arn?: string;
  /** What `Fn::GetAtt` gives. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A resource of the template, as far as its names are needed. */
export interface Nameable {
  readonly logicalId: string;
  readonly environment: Environment;
  /** A property as resolved text; undefined when the template does not give it. */
  text(property: string): string | undefined;
  /** What cannot be known before it is deployed. */
  opaque(name: string): string;
}

export type Naming = (resource: Nameable) => Identity;

const URL_SUFFIXES: ReadonlyMap<string, string> = new Map([
  ["aws", "amazonaws.com"],
  ["aws-cn", "amazonaws.com.cn"],
  ["aws-us-gov", "amazonaws.com"],
]);

/**
 * The domain of the partition's endpoints, `AWS::URLSuffix`.
 *
 * @throws Error for a partition that is not known.
 */
export function urlSuffix({ partition }: Environment): string {
  const suffix = URL_SUFFIXES.get(partition);
  if (suffix === undefined)
    throw new Error(
      `unknown partition "${partition}": expected one of ${[...URL_SUFFIXES.keys()].join(", ")}`,
    );
  return suffix;
}

/** The ARN of something that belongs to the account and the region. */
export function arnOf(
  { environment: { partition, region, accountId } }: Nameable,
  service: string,
  resource: string,
) {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}

export function named(
  resource: Nameable,
  service: string,
  property: string,
  limit: number,
  inArn: (name: string) => string,
): Identity {
  const physicalId = resource.text(property) ?? generatedName(resource, limit);
  const arn = arnOf(resource, service, inArn(physicalId));
  return { physicalId, arn, attributes: { Arn: arn } };
}

export function identified(attribute: string, physicalId: string): Identity {
  return { physicalId, attributes: { [attribute]: physicalId } };
}

/** A property that the type cannot be without. */
export function required(resource: Nameable, property: string): string {
  return resource.text(property) ?? resource.opaque(`${resource.logicalId}.${property}`);
}

/** What stands behind the last separator; a text with unknowns, of which nobody knows, stays as it is. */
export function lastPart(text: string, separator: string): string {
  return hasUnknown(text) ? text : (text.split(separator).at(-1) ?? text);
}

/** `stack-logicalId-SUFFIX`, at most `limit` characters. */
export function generatedName(resource: Nameable, limit: number): string {
  const suffix = upperId(resource, 12);
  const name = `${resource.environment.stackName}-${resource.logicalId}`;
  return `${name.slice(0, limit - suffix.length - 1)}-${suffix}`;
}

export function upperId(resource: Nameable, length: number): string {
  return lowerId(resource, length).toUpperCase();
}

export function lowerId(resource: Pick<Nameable, "logicalId" | "environment">, length: number): string {
  return BigInt(`0x${hash(resource)}`)
    .toString(36)
    .slice(0, length);
}

/** In hexadecimal digits. */
export function hash({ logicalId, environment }: Pick<Nameable, "logicalId" | "environment">): string {
  const { accountId, region, stackName } = environment;
  return createHash("sha256").update([accountId, region, stackName, logicalId].join("/")).digest("hex");
}

/** What AWS takes for a random UUID is always the same for the same resource. */
export function uuid(resource: Nameable): string {
  const digits = hash(resource);
  const parts = [0, 8, 12, 16, 20].map((start, index) => digits.slice(start, [8, 12, 16, 20, 32][index]));
  return parts.join("-");
}
