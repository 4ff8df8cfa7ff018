import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";

/**
 * Where a deployed stage's API is, from its stack's outputs. Takes cloudformation:DescribeStacks.
 *
 * @throws Error that says what to deploy when there is no such stack.
 */
export async function apiOfStage(root: string, stage: string): Promise<{ url: string; region: string }> {
  const cloudFormation = new CloudFormationClient();
  const StackName = `${await serviceName(root)}-${stage}`;
  const region = await cloudFormation.config.region();
  const stack = await cloudFormation
    .send(new DescribeStacksCommand({ StackName }))
    .then(({ Stacks }) => Stacks?.[0])
    .catch((error: unknown) => {
      // What CloudFormation answers for a stack that is not there.
      if (error instanceof Error && error.message.includes("does not exist")) return undefined;
      throw error;
    });
  const url = stack?.Outputs?.find(({ OutputKey }) => OutputKey === "HttpApiUrl")?.OutputValue;
  if (url) return { url, region };
  throw new Error(
    `There is no API of a stack ${StackName} in ${region}: deploy it with pnpm sls deploy --stage ${stage} --region ${region}.`,
  );
}

async function serviceName(root: string): Promise<string> {
  const name = /^service: *([\w-]+)/m.exec(await readFile(join(root, "serverless.yml"), "utf8"))?.[1];
  if (!name) throw new Error("serverless.yml does not name its service.");
  return name;
}
