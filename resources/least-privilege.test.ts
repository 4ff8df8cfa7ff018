import { describe, expect, it } from "vitest";
import LeastPrivilege from "./least-privilege.js";

const logStatement = {
  Effect: "Allow",
  Action: ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:PutLogEvents"],
  Resource: ["arn"],
};

const bucketPolicy = (statement: object) => ({
  Type: "AWS::S3::BucketPolicy",
  Properties: { PolicyDocument: { Statement: [statement] } },
});

/** What the framework holds when the plugin's hook runs. */
function frameworkWith(
  statements: object[],
  functions: Record<string, object> = { one: { iamRoleStatements: [] } },
) {
  const role = {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: { Statement: [{ Action: ["sts:AssumeRole"] }] },
      Policies: [{ PolicyDocument: { Statement: statements } }],
    },
  };
  const resources: Record<string, object> = { IamRoleLambdaExecution: role, OneIamRoleLambdaExecution: role };
  const serverless = {
    classes: { Error },
    getProvider: () => ({ getStage: () => "dev" }),
    service: {
      getAllFunctions: () => Object.keys(functions),
      getFunction: (name: string) => functions[name],
      provider: { compiledCloudFormationTemplate: { Resources: resources } },
    },
  };
  return { resources, serverless, tidy: () => new LeastPrivilege(serverless).tidyPolicies() };
}

describe("the least-privilege plugin", () => {
  it("names the statements that the roles plugin adds, and takes the right to make log groups out", () => {
    const log = structuredClone(logStatement);
    const poll: { Sid?: string; Action: string[] } = { Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage"] };

    frameworkWith([log, poll]).tidy();

    expect(log).toEqual({
      ...logStatement,
      Sid: "WriteOwnLogs",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    });
    expect(poll.Sid).toBe("PollQueue");
    expect(poll.Action).toEqual(["sqs:ReceiveMessage", "sqs:DeleteMessage"]);
  });

  it.each([
    ["dynamodb:GetRecords", "ReadTableStream"],
    ["kinesis:GetRecords", "ReadStream"],
  ])("names what the framework adds for a stream, %s: %s", (action, sid) => {
    const read: { Sid?: string; Action: string[] } = { Action: [action] };

    frameworkWith([read]).tidy();

    expect(read.Sid).toBe(sid);
  });

  it("names who may assume a role, and what the framework's own bucket refuses", () => {
    const { resources, tidy } = frameworkWith([]);
    const refusal: { Sid?: string; Action: string } = { Action: "s3:*" };
    resources.ServerlessDeploymentBucketPolicy = bucketPolicy(refusal);

    tidy();

    expect(JSON.stringify(resources.OneIamRoleLambdaExecution)).toContain('"Sid":"LetLambdaAssumeThisRole"');
    expect(refusal.Sid).toBe("RefuseWithoutTls");
  });

  it("refuses a resource-based policy of resources/ whose statement has no Sid", () => {
    const { resources, tidy } = frameworkWith([]);
    resources.OwnBucketPolicy = bucketPolicy({ Action: "s3:*" });

    expect(tidy).toThrow(/OwnBucketPolicy: the statement .* needs a Sid/);
  });

  it("takes the framework's role for all functions out", () => {
    const { resources, tidy } = frameworkWith([]);

    tidy();

    expect(Object.keys(resources)).toEqual(["OneIamRoleLambdaExecution"]);
  });

  it("leaves a statement of serverless.yml as it was written, also one that says logs:CreateLogGroup", () => {
    const own = { Sid: "MakeGroups", Action: ["logs:CreateLogGroup"] };

    frameworkWith([own]).tidy();

    expect(own).toEqual({ Sid: "MakeGroups", Action: ["logs:CreateLogGroup"] });
  });

  it.each([undefined, "", "with-dash", "with space"])("refuses a statement whose Sid is %o", (Sid) => {
    const { tidy } = frameworkWith([{ Sid, Action: ["s3:GetObject"] }]);

    expect(tidy).toThrow(/OneIamRoleLambdaExecution: the statement .*s3:GetObject.* needs a Sid/);
  });

  it.each(["VoiceNotes", "voice_notes", "-notes"])(
    "refuses the service name %s, which no bucket could bear",
    (service) => {
      const { serverless } = frameworkWith([]);
      const plugin = new LeastPrivilege({ ...serverless, service: { ...serverless.service, service } });

      expect(() => plugin.checkNames()).toThrow(`The service "${service}" must be lower-case`);
    },
  );

  it("refuses a function that does not say what it may do", () => {
    const { tidy } = frameworkWith([], { one: { iamRoleStatements: [] }, two: {} });

    expect(tidy).toThrow("two has no iamRoleStatements: write what it may do, or [] for nothing.");
  });
});
