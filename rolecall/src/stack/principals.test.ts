import { describe, expect, it } from "vitest";
import { decide } from "../iam/evaluate.ts";
import { executionRoles } from "./principals.ts";
import { resourcePolicies } from "./resource-policies.ts";
import { authorsName, parseTemplate, resolveTemplate } from "./template.ts";

const ACCOUNT = "123456789012";
const environment = { accountId: ACCOUNT, region: "us-east-1", partition: "aws", stackName: "notes-dev" };
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:notes-dev-storePhoto`;

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
        StorePhotoLambdaFunction: {
          Type: "AWS::Lambda::Function",
          Metadata: { [authorsName]: "storePhoto" },
          Properties: {
            FunctionName: "notes-dev-storePhoto",
            Role: { "Fn::GetAtt": ["StorePhotoIamRoleLambdaExecution", "Arn"] },
            ...functionProperties,
          },
        },
        StorePhotoIamRoleLambdaExecution: {
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
        logicalId: "StorePhotoIamRoleLambdaExecution",
        name: "receive",
        arn: `arn:aws:iam::${ACCOUNT}:role/receive`,
        functionName: "notes-dev-storePhoto",
        functionKey: "storePhoto",
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
        Inline: attachable("AWS::IAM::Policy", { Roles: [{ Ref: "StorePhotoIamRoleLambdaExecution" }] }),
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
      "a policy that IAM would not take",
      { Policies: [{ PolicyName: "p", PolicyDocument: policyDocument({ Sid: "a-b" }) }] },
      'policy "p": statement 1 (Sid "a-b"): a Sid is made of letters and digits',
    ],
  ])("are refused with %s", (_, properties, message) => {
    expect(() => executionRoles(stackOf(properties))).toThrow(message);
    expect(() => executionRoles(stackOf(properties))).toThrow("StorePhotoIamRoleLambdaExecution");
  });

  it("have what AWS's managed policies say, in any partition", () => {
    const basic = "policy/service-role/AWSLambdaBasicExecutionRole";
    for (const partition of ["aws", "aws-cn"]) {
      const [role] = executionRoles(stackOf({ ManagedPolicyArns: [`arn:${partition}:iam::aws:${basic}`] }));
      const policy = role?.policies.find(({ name }) => name === "AWSLambdaBasicExecutionRole");
      expect(policy?.document.statements[0]?.actions.patterns).toContain("logs:PutLogEvents");
      expect(policy).not.toHaveProperty("unknown");
    }
  });

  it("have unknown policies where nobody knows what stands in them", () => {
    const other = `arn:aws:iam::${ACCOUNT}:policy/other`;
    const [role] = executionRoles(stackOf({ ManagedPolicyArns: [other], PermissionsBoundary: other }));
    expect(role?.policies.find(({ name }) => name === other)).toMatchObject({ unknown: other });
    expect(role?.boundary).toMatchObject({ unknown: other });
  });

  it("have the policies that were supplied for what is not in the template", () => {
    const other = `arn:aws:iam::${ACCOUNT}:policy/other`;
    const stack = stackOf({ ManagedPolicyArns: [other] });
    const policies = { [other]: policyDocument({ Sid: "Supplied" }) };
    const [role] = executionRoles({ ...stack, environment: { ...stack.environment, policies } });
    expect(role?.policies.find(({ name }) => name === other)?.document.statements[0]?.sid).toBe("Supplied");
  });

  it("may stand outside of the template: then nothing is known of them", () => {
    const arn = `arn:aws:iam::${ACCOUNT}:role/elsewhere`;
    const [role] = executionRoles(stackOf({}, {}, { Role: arn }));
    expect(role).toMatchObject({ arn, name: "elsewhere", isOutside: true, policies: [{ unknown: arn }] });
    expect(role?.trust.unknown).toEqual([arn]);
  });

  it("have policies whose being there nobody knows, each statement on that condition", () => {
    const stack = resolveTemplate(
      parseTemplate({
        Parameters: { Stage: { Type: "String" } },
        Conditions: { IsProd: { "Fn::Equals": [{ Ref: "Stage" }, "prod"] } },
        Resources: {
          Role: {
            Type: "AWS::IAM::Role",
            Properties: { AssumeRolePolicyDocument: trustOf("lambda.amazonaws.com") },
          },
          Function: {
            Type: "AWS::Lambda::Function",
            Properties: { Role: { "Fn::GetAtt": ["Role", "Arn"] } },
          },
          More: {
            Type: "AWS::IAM::RolePolicy",
            Condition: "IsProd",
            Properties: {
              RoleName: { Ref: "Role" },
              PolicyName: "p",
              PolicyDocument: policyDocument({ Sid: "A" }),
            },
          },
        },
      }),
      { accountId: ACCOUNT, region: "us-east-1", partition: "aws", stackName: "s" },
    );
    expect(executionRoles(stack)[0]?.policies[0]?.document.statements[0]?.conditions).toEqual([
      { operator: "⟨parameter:Stage⟩", key: "", values: [] },
    ]);
    expect(stack.notes.map(({ where }) => where)).toEqual(["Resources.More"]);
  });
});

describe("the resource-based policies of a stack", () => {
  const statement = { Principal: "*", Effect: "Allow", Action: "s3:*", Resource: "*" };
  const PolicyDocument = { Version: "2012-10-17", Statement: [statement] };
  const targets = {
    Bucket: { Type: "AWS::S3::Bucket", Properties: { BucketName: "photos" } },
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
      "arn:aws:s3:::photos": ["OfBucket"],
      [`arn:aws:sqs:us-east-1:${ACCOUNT}:uploads`]: ["OfQueue"],
      [`arn:aws:sns:us-east-1:${ACCOUNT}:alarms`]: ["OfTopic"],
    });
  });

  it("are refused when they name no principal, and may be attached to what is not in the stack", () => {
    const withBucketPolicy = (Properties: object) =>
      resourcePolicies(stackOf({}, { ...targets, OfBucket: { Type: "AWS::S3::BucketPolicy", Properties } }));
    const { Principal: _, ...unnamed } = statement;
    expect(() =>
      withBucketPolicy({
        Bucket: "photos",
        PolicyDocument: { Version: "2012-10-17", Statement: unnamed },
      }),
    ).toThrow('policy "OfBucket": statement 1: a resource-based policy names its Principal');
    expect([...withBucketPolicy({ Bucket: "other", PolicyDocument }).keys()]).toEqual(["arn:aws:s3:::other"]);
  });

  it("stand within tables, keys and the like", () => {
    const Properties = { KeyPolicy: PolicyDocument };
    const policies = resourcePolicies(stackOf({}, { Key: { Type: "AWS::KMS::Key", Properties } }));
    expect([...policies.values()].flat().map(({ name }) => name)).toEqual(["Key"]);
  });

  it("are unknown where a type that may grant is not known", () => {
    const notes: string[] = [];
    const policies = resourcePolicies(
      stackOf({}, { ...targets, Open: { Type: "AWS::Some::Policy", Properties: { On: { Ref: "Topic" } } } }),
      { note: ({ says }) => void notes.push(says) },
    );
    expect([...policies].map(([arn, [policy]]) => [arn, policy?.unknown])).toEqual([
      [`arn:aws:sns:us-east-1:${ACCOUNT}:alarms`, "the policy of Open (AWS::Some::Policy)"],
    ]);
    expect(notes.join()).toContain("may grant rights");
  });

  describe("of a function are its permissions:", () => {
    function permission(properties: object) {
      const Properties = {
        Action: "lambda:InvokeFunction",
        FunctionName: { "Fn::GetAtt": ["StorePhotoLambdaFunction", "Arn"] },
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
      expect(from(`arn:aws:execute-api:us-east-1:${ACCOUNT}:abc/$default/POST/photos`)).toBe("allowed");
      expect(from(`arn:aws:execute-api:us-east-1:${ACCOUNT}:xyz/$default/POST/photos`)).toBe(
        "implicitly denied",
      );
    });

    it.each<[string, object]>([
      [ACCOUNT, { aws: [`arn:aws:iam::${ACCOUNT}:root`], services: [], anyone: false }],
      ["*", { aws: ["*"], anyone: true }],
      [`arn:aws:iam::${ACCOUNT}:role/r`, { aws: [`arn:aws:iam::${ACCOUNT}:role/r`] }],
    ])("the principal %s is no service", (Principal, principals) => {
      const policies = permission({ Principal, FunctionName: "notes-dev-storePhoto" });
      expect(policies.get(FUNCTION_ARN)?.[0]?.document.statements[0]).toMatchObject({
        principals,
        conditions: [],
      });
    });

    it("one for a function that is not in the template stands under its ARN", () => {
      const policies = permission({ Principal: "*", FunctionName: "other" });
      expect([...policies.keys()]).toEqual([`arn:aws:lambda:us-east-1:${ACCOUNT}:function:other`]);
    });
  });
});
