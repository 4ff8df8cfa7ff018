import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { serviceName } from "../../rolecall/src/packaging/service-name.ts";

/**
 * Where a deployed stage's API is, from its stack's outputs. Takes cloudformation:DescribeStacks.
 *
 * @param place Its region; the one that the AWS SDK finds when absent.
 * @throws Error that says what to deploy when there is no such stack.
 */
export async function apiOfStage(
  root: string,
  stage: string,
  place?: string,
): Promise<{ url: string; region: string }> {
  const cloudFormation = new CloudFormationClient(place === undefined ? {} : { region: place });
  const StackName = `${serviceName(root)}-${stage}`;
  const region = await cloudFormation.config.region().catch(() => {
    throw new Error(
      "No region is set: give the one that you deployed to, --region REGION, or set AWS_REGION.",
    );
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
