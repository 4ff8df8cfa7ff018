import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { serviceName } from "../../rolecall/src/packaging/service-name.ts";
import { apiOfStage } from "./deployed.ts";
import { root } from "./local.ts";

const cloudFormation = mockClient(CloudFormationClient);
const name = `${serviceName(root)}-dev`;
const stack = {
  StackName: name,
  CreationTime: new Date(0),
  StackStatus: "CREATE_COMPLETE" as const,
};
process.env.AWS_REGION ??= "us-east-1";

beforeEach(() => {
  cloudFormation.reset();
});

describe("the API of a deployed stage", () => {
  it("is in the outputs of the stack that serverless.yml names", async () => {
    const url = "https://abc.execute-api.us-east-1.amazonaws.com";
    cloudFormation
      .on(DescribeStacksCommand, { StackName: name })
      .resolves({ Stacks: [{ ...stack, Outputs: [{ OutputKey: "HttpApiUrl", OutputValue: url }] }] });

    expect(await apiOfStage(root, "dev")).toEqual({ url, region: process.env.AWS_REGION });
    expect(await apiOfStage(root, "dev", "eu-west-1")).toEqual({ url, region: "eu-west-1" });
  });

  it("is missed with what to deploy, whether the stack or only its API is not there", async () => {
    cloudFormation
      .on(DescribeStacksCommand)
      .rejectsOnce(
        Object.assign(new Error(`Stack with id ${name} does not exist`), { name: "ValidationError" }),
      )
      .resolves({ Stacks: [stack] });

    for (let count = 0; count < 2; count += 1) {
      await expect(apiOfStage(root, "dev")).rejects.toThrow(
        /deploy it with pnpm sls deploy --stage dev --region \S+/,
      );
    }
  });

  it("passes on any other error, such as a right that is missing", async () => {
    cloudFormation
      .on(DescribeStacksCommand)
      .rejects(new Error("is not authorized to perform: cloudformation:DescribeStacks"));

    await expect(apiOfStage(root, "dev")).rejects.toThrow("not authorized");
  });
});
