import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";

/**
 * The URL of a deployed stage's API, from its stack's outputs. Takes cloudformation:DescribeStacks.
 *
 * @throws Error that says what to deploy when there is no such stack.
 */
export async function apiOfStage(service: string, stage: string): Promise<string> {
  const cloudFormation = new CloudFormationClient();
  const StackName = `${service}-${stage}`;
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
  const url = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === "HttpApiUrl")?.OutputValue;
  if (!url)
    throw new Error(
      `The stack ${StackName} has no output HttpApiUrl: deploy it with pnpm sls deploy --stage ${stage}.`,
    );
  return url;
}
