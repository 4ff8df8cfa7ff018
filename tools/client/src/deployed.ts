import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";

/**
 * The URL of a deployed stage's API, from its stack's outputs. Takes cloudformation:DescribeStacks.
 *
 * @throws Error that says what to deploy when there is no such stack.
 */
export async function apiOfStage(root: string, stage: string): Promise<string> {
  const cloudFormation = new CloudFormationClient();
  const StackName = `${await serviceName(root)}-${stage}`;
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
  const url = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === "HttpApiUrl")?.OutputValue;
  if (!url)
    throw new Error(
      `The stack ${StackName} has no output HttpApiUrl: deploy it with pnpm sls deploy --stage ${stage}.`,
    );
  return url;
}

async function serviceName(root: string): Promise<string> {
  const name = /^service: *([\w-]+)/m.exec(await readFile(join(root, "serverless.yml"), "utf8"))?.[1];
  if (!name) throw new Error("serverless.yml does not name its service.");
  return name;
}
