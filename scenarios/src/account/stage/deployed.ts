import {
  type CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from "@aws-sdk/client-cloudformation";
import { isMissing } from "../account/failures.ts";

/** A stack as CloudFormation has it. */
export interface DeployedStack {
  readonly id: string;
  readonly name: string;
  /** E.g. `CREATE_COMPLETE`. */
  readonly status: string;
  /** Why it is in that status, where CloudFormation says so. */
  readonly reason?: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** @returns undefined when there is no stack of that name. */
export async function findStack(
  cloudFormation: CloudFormationClient,
  name: string,
): Promise<DeployedStack | undefined> {
  try {
    const { Stacks: [stack] = [] } = await cloudFormation.send(
      new DescribeStacksCommand({ StackName: name }),
    );
    if (!stack) return undefined;
    const { StackId = name, StackStatus = "", StackStatusReason, Outputs = [] } = stack;
    return {
      id: StackId,
      name,
      status: StackStatus,
      ...(StackStatusReason !== undefined && { reason: StackStatusReason }),
      outputs: Object.fromEntries(
        Outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]),
      ),
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export interface DeployedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  /** E.g. `CREATE_COMPLETE`. */
  readonly status: string;
}

/** @param stack Its name, or its id when it is deleted. */
export async function listResources(
  cloudFormation: CloudFormationClient,
  stack: string,
): Promise<DeployedResource[]> {
  const resources: DeployedResource[] = [];
  for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName: stack })) {
    for (const one of page.StackResourceSummaries ?? []) {
      resources.push({
        logicalId: one.LogicalResourceId ?? "",
        type: one.ResourceType ?? "",
        physicalId: one.PhysicalResourceId ?? "",
        status: one.ResourceStatus ?? "",
      });
    }
  }
  return resources;
}
