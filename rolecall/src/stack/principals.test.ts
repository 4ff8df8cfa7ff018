import { describe, expect, it } from "vitest";
import { decide } from "../iam/evaluate.ts";
import { executionRoles, resourcePolicies } from "./principals.ts";
import { authorsName, parseTemplate, resolveTemplate } from "./template.ts";

const ACCOUNT = "123456789012";
const environment = { accountId: ACCOUNT, region: "us-east-1", partition: "aws", stackName: "notes-dev" };
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:notes-dev-receiveAudio`;

const trustOf = (Service: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: [Service] }, Action: ["sts:AssumeRole"] }],
});
const policyDocument = (statement: object = {}) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:PutObject", Resource: "*", ...statement }],
});

/** A function and its role as osls and the per-function roles plugin package them. */
function stackOf(roleProperties: object = {}, more: object = {}, functionProperties: object = {}) {
  return resolveTemplate(
    parseTemplate({
      Resources: {
        ReceiveAudioLambdaFunction: {
          Type: "AWS::Lambda::Function",
          Metadata: { [authorsName]: "receiveAudio" },
          Properties: {
            FunctionName: "notes-dev-receiveAudio",
            Role: { "Fn::GetAtt": ["ReceiveAudioIamRoleLambdaExecution", "Arn"] },
            ...functionProperties,
          },
        },
        ReceiveAudioIamRoleLambdaExecution: {
          Type: "AWS::IAM::Role",
          Properties: {
            RoleName: "receive",
            Path: "/",
            ManagedPolicyArns: [],
            AssumeRolePolicyDocument: trustOf("lambda.amazonaws.com"),
            Policies: [
              { PolicyName: "notes-dev-lambda", PolicyDocument: policyDocument({ Sid: "StoreRecording" }) },
            ],
            ...roleProperties,
          },
        },
        ...more,
      },
    }),
    environment,
  );
}

const attachable = (Type: string, changes: object = {}) => ({
  Type,
  Properties: { PolicyName: "p", PolicyDocument: policyDocument({ Action: "s3:GetObject" }), ...changes },
});

describe("the execution roles of a stack", () => {
  it("are those of its functions, by their author's names and their deployed ones", () => {
    expect(executionRoles(stackOf())).toMatchObject([
      {
        logicalId: "ReceiveAudioIamRoleLambdaExecution",
        name: "receive",
        arn: `arn:aws:iam::${ACCOUNT}:role/receive`,
        functionName: "notes-dev-receiveAudio",
        functionKey: "receiveAudio",
        policies: [{ name: "notes-dev-lambda", document: { statements: [{ sid: "StoreRecording" }] } }],
      },
    ]);
  });

  it("carry the stack's own policies that name them, and the managed policies that they name", () => {
    const stack = stackOf(
      { ManagedPolicyArns: [{ Ref: "Named" }] },
      {
        Named: attachable("AWS::IAM::ManagedPolicy"),
        Naming: attachable("AWS::IAM::ManagedPolicy", { Roles: ["receive"] }),
        Inline: attachable("AWS::IAM::Policy", { Roles: [{ Ref: "ReceiveAudioIamRoleLambdaExecution" }] }),
        OfOthers: attachable("AWS::IAM::Policy", { Roles: ["other"] }),
      },
    );
    const names = executionRoles(stack)[0]?.policies.map(({ name }) => name);
    expect(names?.toSorted()).toEqual(["Inline", "Named", "Naming", "notes-dev-lambda"]);
  });

  it("carry their permissions boundary", () => {
    const stack = stackOf(
      { PermissionsBoundary: { Ref: "Ceiling" } },
      { Ceiling: attachable("AWS::IAM::ManagedPolicy") },
    );
    expect(executionRoles(stack)[0]?.boundary?.name).toBe("Ceiling");
    expect(executionRoles(stackOf())[0]).not.toHaveProperty("boundary");
  });

  it.each<[string, object, string]>([
    [
      "a managed policy from outside the template",
      { ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"] },
      "the managed policy arn:aws:iam::aws:policy/AdministratorAccess is not in the template",
    ],
    [
      "a boundary from outside the template",
      { PermissionsBoundary: "arn:aws:iam::aws:policy/PowerUserAccess" },
      "arn:aws:iam::aws:policy/PowerUserAccess is not in the template",
    ],
    [
      "a trust policy for another service",
      { AssumeRolePolicyDocument: trustOf("ec2.amazonaws.com") },
      "does not let lambda.amazonaws.com assume it",
    ],
    [
      "a policy that IAM would not take",
      { Policies: [{ PolicyName: "p", PolicyDocument: policyDocument({ Sid: "a-b" }) }] },
      'policy "p": statement 1 (Sid "a-b"): a Sid is made of letters and digits',
    ],
    ["a property that is not known", { Inherit: true }, "Inherit"],
  ])("are refused with %s", (_, properties, message) => {
    expect(() => executionRoles(stackOf(properties))).toThrow(message);
    expect(() => executionRoles(stackOf(properties))).toThrow("ReceiveAudioIamRoleLambdaExecution");
  });

  it("are refused with a role from outside the template", () => {
    const stack = stackOf({}, {}, { Role: `arn:aws:iam::${ACCOUNT}:role/elsewhere` });
    expect(() => executionRoles(stack)).toThrow(
      `function "ReceiveAudioLambdaFunction": its role arn:aws:iam::${ACCOUNT}:role/elsewhere is not in the template`,
    );
  });
});

describe("the resource-based policies of a stack", () => {
  const statement = { Principal: "*", Effect: "Allow", Action: "s3:*", Resource: "*" };
  const PolicyDocument = { Version: "2012-10-17", Statement: [statement] };
  const targets = {
    Bucket: { Type: "AWS::S3::Bucket", Properties: { BucketName: "recordings" } },
    Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: "uploads" } },
    Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: "alarms" } },
  };

  it("stand under the ARN of the resource that they are attached to", () => {
    const policies = resourcePolicies(
      stackOf(
        {},
        {
          ...targets,
          OfBucket: {
            Type: "AWS::S3::BucketPolicy",
            Properties: { Bucket: { Ref: "Bucket" }, PolicyDocument },
          },
          OfQueue: {
            Type: "AWS::SQS::QueuePolicy",
            Properties: { Queues: [{ Ref: "Queue" }], PolicyDocument },
          },
          OfTopic: {
            Type: "AWS::SNS::TopicPolicy",
            Properties: { Topics: [{ Ref: "Topic" }], PolicyDocument },
          },
        },
      ),
    );
    const names = [...policies].map(([arn, list]) => [arn, list.map(({ name }) => name)]);
    expect(Object.fromEntries(names)).toEqual({
      "arn:aws:s3:::recordings": ["OfBucket"],
      [`arn:aws:sqs:us-east-1:${ACCOUNT}:uploads`]: ["OfQueue"],
      [`arn:aws:sns:us-east-1:${ACCOUNT}:alarms`]: ["OfTopic"],
    });
  });

  it("are refused when they name no principal, or are attached to nothing in the stack", () => {
    const withBucketPolicy = (Properties: object) =>
      resourcePolicies(stackOf({}, { ...targets, OfBucket: { Type: "AWS::S3::BucketPolicy", Properties } }));
    const { Principal: _, ...unnamed } = statement;
    expect(() =>
      withBucketPolicy({
        Bucket: "recordings",
        PolicyDocument: { Version: "2012-10-17", Statement: unnamed },
      }),
    ).toThrow('policy "OfBucket": statement 1: a resource-based policy names its Principal');
    expect(() => withBucketPolicy({ Bucket: "other", PolicyDocument })).toThrow(
      'policy "OfBucket" is attached to other, which is no AWS::S3::Bucket of the template',
    );
  });

  describe("of a function are its permissions:", () => {
    function permission(properties: object) {
      const Properties = {
        Action: "lambda:InvokeFunction",
        FunctionName: { "Fn::GetAtt": ["ReceiveAudioLambdaFunction", "Arn"] },
        ...properties,
      };
      return resourcePolicies(stackOf({}, { Permission: { Type: "AWS::Lambda::Permission", Properties } }));
    }
    const SourceArn = `arn:aws:execute-api:us-east-1:${ACCOUNT}:abc/*`;

    it("each becomes the statement that Lambda writes", () => {
      const policies = permission({ Principal: "s3.amazonaws.com", SourceArn, SourceAccount: ACCOUNT });
      expect(policies.get(FUNCTION_ARN)?.[0]?.document.statements).toEqual([
        {
          sid: "Permission",
          effect: "Allow",
          principals: { not: false, anyone: false, aws: [], services: ["s3.amazonaws.com"], federated: [] },
          actions: { not: false, patterns: ["lambda:InvokeFunction"] },
          resources: { not: false, patterns: [FUNCTION_ARN] },
          conditions: [
            { operator: "ArnLike", key: "AWS:SourceArn", values: [SourceArn] },
            { operator: "StringEquals", key: "AWS:SourceAccount", values: [ACCOUNT] },
          ],
        },
      ]);
    });

    it("the service may call from the named source, and from no other", () => {
      const policies = permission({ Principal: "apigateway.amazonaws.com", SourceArn });
      const from = (source: string) =>
        decide(
          {
            caller: { type: "service", service: "apigateway.amazonaws.com" },
            action: "lambda:InvokeFunction",
            resource: FUNCTION_ARN,
            resourceAccountId: ACCOUNT,
            context: { "aws:SourceArn": source },
          },
          { identity: [], resource: policies.get(FUNCTION_ARN) ?? [] },
        ).outcome;
      expect(from(`arn:aws:execute-api:us-east-1:${ACCOUNT}:abc/$default/POST/recordings`)).toBe("allowed");
      expect(from(`arn:aws:execute-api:us-east-1:${ACCOUNT}:xyz/$default/POST/recordings`)).toBe(
        "implicitly denied",
      );
    });

    it.each<[string, object]>([
      [ACCOUNT, { aws: [`arn:aws:iam::${ACCOUNT}:root`], services: [], anyone: false }],
      ["*", { aws: ["*"], anyone: true }],
      [`arn:aws:iam::${ACCOUNT}:role/r`, { aws: [`arn:aws:iam::${ACCOUNT}:role/r`] }],
    ])("the principal %s is no service", (Principal, principals) => {
      const policies = permission({ Principal, FunctionName: "notes-dev-receiveAudio" });
      expect(policies.get(FUNCTION_ARN)?.[0]?.document.statements[0]).toMatchObject({
        principals,
        conditions: [],
      });
    });

    it("one for a function that is not in the template, or with an unknown property, is refused", () => {
      expect(() => permission({ Principal: "*", FunctionName: "other" })).toThrow(
        'permission "Permission" is for other, which is no function of the template',
      );
      expect(() => permission({ Principal: "*", Qualifier: "live" })).toThrow("Qualifier");
    });
  });
});
