import { accessDenied, S3Error } from "./errors.ts";

/** A condition as an answer names it: `["eq", "$key", "originals/1"]`. */
export type PolicyCondition =
  | readonly [operator: "eq" | "starts-with", field: string, value: string]
  | readonly [operator: "content-length-range", minimum: number, maximum: number];

/** What a form may hold, as its signer laid it down. */
export interface PostPolicy {
  readonly expiration: Date;
  readonly conditions: readonly PolicyCondition[];
}

/** Fields that no condition has to name. */
const EXEMPT = /^(x-amz-signature|file|policy|x-ignore-.*)$/;

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 *
 * @param encoded JSON in base64, as it stands in the form
 * @throws {S3Error} InvalidPolicyDocument
 */
export function parsePostPolicy(encoded: string): PostPolicy {
  const document = parseJson(encoded);
  if (typeof document !== "object" || document === null) throw invalidPolicy("Invalid JSON.");
  const { expiration, conditions } = document as Record<string, unknown>;
  if (typeof expiration !== "string") throw invalidPolicy("Policy missing expiration.");
  const time = new Date(expiration);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(expiration) || Number.isNaN(time.getTime())) {
    throw invalidPolicy(`Invalid 'expiration' value: '${expiration}'`);
  }
  if (!Array.isArray(conditions)) throw invalidPolicy("Policy missing conditions.");
  return { expiration: time, conditions: conditions.flatMap(parseCondition) };
}

/**
 * Holds a form against its policy, but for the size of the file, which is not known yet.
 *
 * @param fields by name in lower case, the bucket among them
 * @throws {S3Error} AccessDenied
 */
export function requirePolicyMet(policy: PostPolicy, fields: ReadonlyMap<string, string>, now: Date): void {
  if (policy.expiration <= now) throw violation("Policy expired.");
  const named = new Set<string>();
  for (const condition of policy.conditions) {
    if (condition[0] === "content-length-range") continue;
    const name = condition[1].slice(1).toLowerCase();
    named.add(name);
    if (!isMet(condition, name, fields.get(name)))
      throw violation(`Policy Condition failed: ${written(condition)}`);
  }
  const extra = [...fields.keys()].filter(
    (name) => !named.has(name) && !EXEMPT.test(name) && name !== "bucket",
  );
  if (extra.length > 0) throw violation(`Extra input fields: ${extra.join(", ")}`);
}

/** Bytes that the file may have by the policy; undefined where it does not say. */
export function sizeRange({
  conditions,
}: PostPolicy): { readonly minimum: number; readonly maximum: number } | undefined {
  const ranges = conditions.filter((condition) => condition[0] === "content-length-range");
  if (ranges.length === 0) return undefined;
  return {
    minimum: Math.max(...ranges.map(([, minimum]) => minimum)),
    maximum: Math.min(...ranges.map(([, , maximum]) => maximum)),
  };
}

function isMet([operator, , value]: PolicyCondition, name: string, given: string | undefined): boolean {
  if (given === undefined) return false;
  if (operator === "eq") return given === value;
  // A form may offer several types at once; each of them must keep to the prefix.
  const candidates = name === "content-type" ? given.split(/, */) : [given];
  return candidates.every((candidate) => candidate.startsWith(String(value)));
}

function parseCondition(condition: unknown): PolicyCondition[] {
  if (Array.isArray(condition)) return [parseOperation(condition)];
  if (typeof condition !== "object" || condition === null)
    throw invalidPolicy(`Invalid condition ${JSON.stringify(condition)}.`);
  return Object.entries(condition).map(([name, value]) => {
    if (typeof value !== "string") throw invalidPolicy(`Invalid condition ${JSON.stringify(condition)}.`);
    return ["eq", `$${name}`, value];
  });
}

function parseOperation(condition: readonly unknown[]): PolicyCondition {
  const [operator, second, third] = condition;
  const name = typeof operator === "string" ? operator.toLowerCase() : "";
  if (condition.length === 3) {
    if (name === "content-length-range" && isSize(second) && isSize(third)) {
      return [name, Number(second), Number(third)];
    }
    if (
      (name === "eq" || name === "starts-with") &&
      typeof second === "string" &&
      typeof third === "string"
    ) {
      if (second.startsWith("$")) return [name, second, third];
    }
  }
  throw invalidPolicy(`Invalid condition ${JSON.stringify(condition)}.`);
}

function isSize(value: unknown): boolean {
  return (typeof value === "number" || typeof value === "string") && /^\d+$/.test(String(value));
}

function parseJson(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(encoded, "base64").toString());
  } catch {
    throw invalidPolicy("Invalid JSON.");
  }
}

const written = (condition: PolicyCondition) =>
  `[${condition.map((part) => JSON.stringify(part)).join(", ")}]`;

const violation = (detail: string) => accessDenied(`Invalid according to Policy: ${detail}`);

const invalidPolicy = (detail: string) =>
  new S3Error("InvalidPolicyDocument", `Invalid Policy: ${detail}`, 400);
