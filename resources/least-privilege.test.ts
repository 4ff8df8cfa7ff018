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

/** A role as the framework and the roles plugin make it. */
const roleWith = (statements: object[]) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [{ Action: ["sts:AssumeRole"], Principal: { Service: ["lambda.amazonaws.com"] } }],
    },
    Policies: [{ PolicyDocument: { Statement: statements } }],
  },
});

/** What the framework holds when the plugin's hooks run. */
function frameworkWith(
  statements: object[],
  one: object = { iamRoleStatements: [] },
  { provider = {}, custom = {}, shared = [] }: { provider?: object; custom?: object; shared?: object[] } = {},
) {
  const functions: Record<string, object> = { one };
  const resources: Record<string, object> = {
    IamRoleLambdaExecution: roleWith(shared),
    OneIamRoleLambdaExecution: roleWith(statements),
    OneLambdaFunction: {
      Type: "AWS::Lambda::Function",
      Properties: { Role: { "Fn::GetAtt": ["OneIamRoleLambdaExecution", "Arn"] } },
    },
  };
  const naming = {
    getRoleLogicalId: () => "IamRoleLambdaExecution",
    getLambdaLogicalId: () => "OneLambdaFunction",
  };
  const serverless = {
    classes: { Error },
    getProvider: () => ({ getStage: () => "dev", naming }),
    service: {
      service: "notes",
      custom,
      getAllFunctions: () => Object.keys(functions),
      getFunction: (name: string) => functions[name],
      provider: { ...provider, compiledCloudFormationTemplate: { Resources: resources } },
    },
  };
  const plugin = new LeastPrivilege(serverless);
  return {
    resources,
    serverless,
    check: () => plugin.checkFunctions(),
    tidy: () => plugin.tidyPolicies(),
  };
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

    expect(Object.keys(resources)).toEqual(["OneIamRoleLambdaExecution", "OneLambdaFunction"]);
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
    const { check } = frameworkWith([], {});

    expect(check).toThrow("one has no iamRoleStatements: write what it may do, or [] for nothing.");
  });

  const grants = [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }];
  const policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess"];
  const inherits = { iamRoleStatements: [], iamRoleStatementsInherit: true };
  const inheritsByDefault = { "serverless-iam-roles-per-function": { defaultInherit: true } };

  it.each([
    ["provider.iam.role.statements", { iam: { role: { statements: grants } } }],
    ["provider.iamRoleStatements", { iamRoleStatements: grants }],
    ["provider.iam.role.managedPolicies", { iam: { role: { managedPolicies: policies } } }],
    ["provider.iamManagedPolicies", { iamManagedPolicies: policies }],
  ])("refuses %s unless a function says that it inherits", (where, provider) => {
    const without = frameworkWith([], undefined, { provider });
    const saysSo = frameworkWith([], inherits, { provider });
    const byDefault = frameworkWith([], undefined, { provider, custom: inheritsByDefault });

    expect(without.check).toThrow(`${where} reaches no function`);
    expect(without.check).toThrow(
      "write its statements in iamRoleStatements of the functions that need them",
    );
    expect(saysSo.check).not.toThrow();
    expect(byDefault.check).not.toThrow();
  });

  it("refuses provider.iamRoleStatements beside provider.iam, where it is not read", () => {
    const provider = { iam: { deploymentRole: "arn" }, iamRoleStatements: grants };

    expect(frameworkWith([], inherits, { provider }).check).toThrow(
      "move it to provider.iam.role.statements",
    );
  });

  it.each([{ role: "arn:aws:iam::123456789012:role/one" }, { iam: { role: { "Fn::ImportValue": "role" } } }])(
    "refuses one role for all functions: %o",
    (provider) => {
      expect(frameworkWith([], undefined, { provider }).check).toThrow("one role for all functions");
    },
  );

  it.each([
    [
      "method: scheduler",
      { schedule: { rate: ["rate(1 hour)"], method: "scheduler" } },
      /Write method: eventBus/,
    ],
    ["a cloudFront event", { cloudFront: {} }, /a role of its own in resources/],
  ])("refuses %s, for which others would act as the function's role", (_, event, why) => {
    expect(frameworkWith([], { iamRoleStatements: [], events: [event] }).check).toThrow(why);
  });

  it("refuses a right that only the role for all functions would have, until a function has it itself", () => {
    const lost = { Effect: "Allow", Action: ["kafka:DescribeCluster"], Resource: ["arn:cluster"] };
    const kept = {
      Sid: "FindBrokers",
      Effect: "Allow",
      Action: "kafka:DescribeCluster",
      Resource: "arn:cluster",
    };
    const elsewhere = { ...kept, Resource: "arn:another" };

    expect(frameworkWith([], undefined, { shared: [lost] }).tidy).toThrow(
      /Write it in iamRoleStatements of the function that needs it.*kafka:DescribeCluster.*arn:cluster/,
    );
    expect(frameworkWith([elsewhere], undefined, { shared: [lost] }).tidy).toThrow(/kafka:DescribeCluster/);
    expect(frameworkWith([kept], undefined, { shared: [lost] }).tidy).not.toThrow();
  });

  it("refuses the framework's helper functions, which may change every function", () => {
    const { resources, tidy } = frameworkWith([]);
    resources.IamRoleCustomResourcesLambdaExecution = roleWith([]);

    expect(tidy).toThrow(/existing: true.*Declare the bucket or the user pool in resources/);
  });

  it("refuses a policy with the same Sid twice, which IAM would", () => {
    const { tidy } = frameworkWith([
      { Sid: "Read", Action: "s3:GetObject" },
      { Sid: "Read", Action: "s3:PutObject" },
    ]);

    expect(tidy).toThrow("two statements have the Sid Read");
  });
});
