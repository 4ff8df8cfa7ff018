import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { serviceName } from "../../../resources/service-name.ts";

/**
 * Where a deployed stage's API is, from its stack's outputs. Takes cloudformation:DescribeStacks.
 *
 * @throws Error that says what to deploy when there is no such stack.
 */
export async function apiOfStage(root: string, stage: string): Promise<{ url: string; region: string }> {
  const cloudFormation = new CloudFormationClient();
  const StackName = `${serviceName(root)}-${stage}`;
  const region = await cloudFormation.config.region().catch(() => {
    throw new Error("No region is set: set AWS_REGION to the one that you deployed to.");
  });
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
