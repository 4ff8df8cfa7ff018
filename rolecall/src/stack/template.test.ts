// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Fn::Sub is written like that
import { describe, expect, it } from "vitest";
import type { Environment } from "./naming.ts";
import { parseTemplate, resolveTemplate } from "./template.ts";

const environment: Environment = {
  accountId: "123456789012",
  region: "us-east-1",
  partition: "aws",
  stackName: "notes-dev",
};

const bucket = { Type: "AWS::S3::Bucket", Properties: { BucketName: "photos" } };
const queue = { Type: "AWS::SQS::Queue", Properties: { QueueName: "uploads" } };

function stackOf(template: object, changes: Partial<Environment> = {}) {
  const Resources = { Recordings: bucket, Uploads: queue };
  return resolveTemplate(parseTemplate({ Resources, ...template }), { ...environment, ...changes });
}

/** What a value of a template resolves to, beside a bucket and a queue. */
function resolved(value: unknown, sections: object = {}, changes: Partial<Environment> = {}): unknown {
  const Topic = { Type: "AWS::SNS::Topic", Properties: { DisplayName: value } };
  const stack = stackOf({ Resources: { Recordings: bucket, Uploads: queue, Topic }, ...sections }, changes);
  return stack.resources.get("Topic")?.properties.DisplayName;
}

describe("an intrinsic", () => {
  it.each<[string, unknown, unknown]>([
    ["Ref of a resource", { Ref: "Recordings" }, "photos"],
    ["Ref of a queue", { Ref: "Uploads" }, "https://sqs.us-east-1.amazonaws.com/123456789012/uploads"],
    ["Ref of a pseudo parameter", { Ref: "AWS::AccountId" }, "123456789012"],
    ["Ref of the region", { Ref: "AWS::Region" }, "us-east-1"],
    ["Ref of the stack", { Ref: "AWS::StackName" }, "notes-dev"],
    ["Fn::GetAtt", { "Fn::GetAtt": ["Recordings", "Arn"] }, "arn:aws:s3:::photos"],
    [
      "Fn::GetAtt in one string",
      { "Fn::GetAtt": "Uploads.Arn" },
      "arn:aws:sqs:us-east-1:123456789012:uploads",
    ],
    [
      "Fn::Sub",
      { "Fn::Sub": "${Recordings.Arn}/originals/* in ${AWS::Region}" },
      "arn:aws:s3:::photos/originals/* in us-east-1",
    ],
    [
      "Fn::Sub with variables",
      { "Fn::Sub": ["${name}-${Recordings}", { name: { Ref: "AWS::Partition" } }] },
      "aws-photos",
    ],
    [
      "Fn::Sub that escapes",
      { "Fn::Sub": "home/${!aws:username}/${Recordings}" },
      "home/${aws:username}/photos",
    ],
    ["Fn::Join", { "Fn::Join": ["/", ["a", { Ref: "Recordings" }, 3]] }, "a/photos/3"],
    [
      "Fn::Select",
      { "Fn::Select": ["5", { "Fn::Split": [":", { "Fn::GetAtt": ["Uploads", "Arn"] }] }] },
      "uploads",
    ],
    ["Fn::Split", { "Fn::Split": ["-", { Ref: "AWS::Region" }] }, ["us", "east", "1"]],
    ["Fn::Base64", { "Fn::Base64": "notes" }, "bm90ZXM="],
    ["nested", [{ a: { "Fn::Join": ["", [{ Ref: "Recordings" }]] } }], [{ a: "photos" }]],
    ["AWS::NoValue in an object", { a: 1, b: { Ref: "AWS::NoValue" } }, { a: 1 }],
    ["AWS::NoValue in a list", ["a", { Ref: "AWS::NoValue" }], ["a"]],
    ["none", { a: [true, 1, null, "x"] }, { a: [true, 1, null, "x"] }],
  ])("%s", (_, value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  it("Fn::FindInMap looks in the mappings", () => {
    const Mappings = { Sizes: { "us-east-1": { queue: 5 } } };
    expect(resolved({ "Fn::FindInMap": ["Sizes", { Ref: "AWS::Region" }, "queue"] }, { Mappings })).toBe(5);
    expect(() => resolved({ "Fn::FindInMap": ["Sizes", "eu-west-1", "queue"] }, { Mappings })).toThrow(
      "no Sizes.eu-west-1.queue in the mappings",
    );
  });

  it("Ref of a parameter gives its value, or its default", () => {
    const Parameters = {
      Days: { Type: "Number", Default: 30 },
      Names: { Type: "CommaDelimitedList", Default: "a, b" },
      Mail: { Type: "String" },
      Secret: { Type: "AWS::SSM::Parameter::Value<String>", Default: "/a" },
    };
    expect(resolved({ Ref: "Days" }, { Parameters })).toBe("30");
    expect(resolved({ Ref: "Days" }, { Parameters }, { parameters: { Days: "7" } })).toBe("7");
    expect(resolved({ Ref: "Names" }, { Parameters })).toEqual(["a", "b"]);
    expect(resolved({ Ref: "Mail" }, { Parameters })).toBe("⟨parameter:Mail⟩");
    expect(resolved({ Ref: "Secret" }, { Parameters })).toBe("⟨resolve:ssm:/a⟩");
    expect(resolved({ Ref: "Secret" }, { Parameters }, { parameters: { "resolve:ssm:/a": "x" } })).toBe("x");
  });

  it("knows the domain of each partition", () => {
    const suffix = (partition: string) => resolved({ Ref: "AWS::URLSuffix" }, {}, { partition });
    expect(suffix("aws")).toBe("amazonaws.com");
    expect(suffix("aws-cn")).toBe("amazonaws.com.cn");
    expect(() => suffix("aws-mars")).toThrow('unknown partition "aws-mars"');
  });

  it.each<[unknown, unknown]>([
    [{ "Fn::ImportValue": { "Fn::Sub": "${AWS::Region}-x" } }, "⟨import:us-east-1-x⟩"],
    [{ "Fn::Select": [0, { "Fn::GetAZs": "" }] }, "⟨availability zones of us-east-1[0]⟩"],
    [{ Ref: "AWS::NotificationARNs" }, "⟨AWS::NotificationARNs⟩"],
    [{ "Fn::GetAtt": ["Recordings", "WebsiteURL"] }, "⟨Recordings.WebsiteURL⟩"],
    [{ "Fn::Join": ["-", ["a", { "Fn::ImportValue": "x" }]] }, "a-⟨import:x⟩"],
    [{ "Fn::Join": [",", { "Fn::ImportValue": "x" }] }, "⟨Fn::Join of import:x⟩"],
    [{ "Fn::Base64": { "Fn::ImportValue": "x" } }, "⟨Fn::Base64 of import:x⟩"],
    [
      {
        "Fn::Select": [
          1,
          { "Fn::Split": [":", { "Fn::Sub": ["a:b:${x}", { x: { "Fn::ImportValue": "x" } }] }] },
        ],
      },
      "b",
    ],
    [{ "Fn::Select": [4, { "Fn::Split": [":", { "Fn::ImportValue": "x" }] }] }, "⟨Fn::Split of import:x[4]⟩"],
    ["{{resolve:ssm:/db/host:1}}", "⟨resolve:ssm:/db/host:1⟩"],
    [{ "Fn::Join": ["", ["{{resolve:ssm:", "/db/host", "}}"]] }, "⟨resolve:ssm:/db/host⟩"],
    [{ "Fn::ToJsonString": { a: [1] } }, '{"a":[1]}'],
    [{ "Fn::Length": ["a", "b"] }, 2],
    [{ "Fn::Cidr": ["10.0.0.0/16", 2, 8] }, "⟨Fn::Cidr⟩"],
    [{ "Fn::Transform": { Name: "AWS::Include" } }, "⟨transform:AWS::Include⟩"],
    [{ "Fn::Nonsense": 1 }, "⟨Fn::Nonsense⟩"],
  ])("%j is known, or unknown by name", (value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  it("Fn::If chooses no branch by a condition that is not known, unless they are alike", () => {
    const sections = {
      Parameters: { Stage: { Type: "String" } },
      Conditions: { IsProd: { "Fn::Equals": [{ Ref: "Stage" }, "prod"] } },
    };
    expect(resolved({ "Fn::If": ["IsProd", "a", "b"] }, sections)).toBe("⟨condition:IsProd⟩");
    expect(resolved({ "Fn::If": ["IsProd", ["a"], ["a"]] }, sections)).toEqual(["a"]);
    const parameters = { Stage: "prod" };
    expect(resolved({ "Fn::If": ["IsProd", "a", "b"] }, sections, { parameters })).toBe("a");
  });

  it.each<[unknown, string]>([
    [{ Ref: "Nothing" }, 'there is no "Nothing" to refer to'],
    [{ Ref: "constructor" }, 'there is no "constructor" to refer to'],
    [{ "Fn::GetAtt": ["Recordings"] }, "expected a logical id and an attribute"],
    [{ "Fn::Sub": "${Nothing.Arn}" }, 'there is no "Nothing" to refer to'],
    [{ "Fn::Join": ["", "text"] }, "expected a list"],
    [{ "Fn::Join": ["", [{ a: 1 }]] }, "expected text"],
    [{ "Fn::Select": [2, ["a"]] }, "there is no item 2 in a list of 1"],
    [{ "Fn::If": ["Nothing", 1, 2] }, 'there is no condition "Nothing"'],
    [{ "Fn::Join": ["", []], other: 1 }, "stands beside other keys"],
  ])("%j is an error that names the place", (value, message) => {
    expect(() => resolved(value)).toThrow(message);
    expect(() => resolved(value)).toThrow("Resources.Topic.Properties.DisplayName");
  });
});

describe("a condition", () => {
  const isTrue = { "Fn::Equals": ["a", "a"] };
  const isFalse = { "Fn::Equals": ["a", "b"] };
  const Conditions = { True: isTrue, False: isFalse };

  it.each<[unknown, string]>([
    [isTrue, "yes"],
    [isFalse, "no"],
    [{ "Fn::Equals": [{ Ref: "AWS::Region" }, "us-east-1"] }, "yes"],
    [{ "Fn::Equals": [1, "1"] }, "yes"],
    [{ "Fn::Not": [isTrue] }, "no"],
    [{ "Fn::And": [isTrue, { Condition: "True" }] }, "yes"],
    [{ "Fn::And": [isTrue, { Condition: "False" }] }, "no"],
    [{ "Fn::Or": [isFalse, isTrue] }, "yes"],
    [{ "Fn::Or": [isFalse, isFalse] }, "no"],
  ])("%j: %s", (condition, expected) => {
    const sections = { Conditions: { ...Conditions, Asked: condition } };
    expect(resolved({ "Fn::If": ["Asked", "yes", "no"] }, sections)).toBe(expected);
  });

  it.each<[unknown, string]>([
    [{ "Fn::Equals": [{ Ref: "Recordings" }, "x"] }, 'cannot refer to "Recordings"'],
    [
      { "Fn::Equals": [{ "Fn::GetAtt": ["Recordings", "Arn"] }, "x"] },
      'cannot refer to the resource "Recordings"',
    ],
    [{ Condition: "Asked" }, 'in a circle through "Asked"'],
    [{ "Fn::Contains": [] }, "expected a condition, not Fn::Contains"],
    ["true", "expected a condition"],
  ])("%j is an error", (condition, message) => {
    const sections = { Conditions: { Asked: condition } };
    expect(() => resolved({ "Fn::If": ["Asked", 1, 2] }, sections)).toThrow(message);
  });

  it("chooses the branch of Fn::If, and the other one is never looked at", () => {
    expect(resolved({ "Fn::If": ["True", "a", { Ref: "Nothing" }] }, { Conditions })).toBe("a");
    expect(resolved({ x: { "Fn::If": ["False", "a", { Ref: "AWS::NoValue" }] } }, { Conditions })).toEqual(
      {},
    );
  });

  it("that is false leaves a resource or an output out, and a Ref to it is an error that names both", () => {
    const Resources = {
      Recordings: { ...bucket, Condition: "False" },
      Uploads: { ...queue, Condition: "True" },
    };
    const Outputs = { Name: { Value: "x", Condition: "False" } };
    const stack = stackOf({ Conditions, Resources, Outputs });
    expect([...stack.resources.keys()]).toEqual(["Uploads"]);
    expect(stack.outputs).toEqual({});
    expect(() =>
      stackOf({ Conditions, Resources, Outputs: { Name: { Value: { Ref: "Recordings" } } } }),
    ).toThrow(
      'Outputs.Name.Value.Ref: refers to "Recordings", which the condition "False" leaves out of the stack',
    );
  });
});

describe("a stack", () => {
  it("holds each resource with its identifiers and resolved properties", () => {
    const stack = stackOf({
      Resources: {
        Recordings: { ...bucket, DependsOn: "Policy" },
        Uploads: queue,
        Policy: {
          Type: "AWS::SQS::QueuePolicy",
          Properties: { Queues: [{ Ref: "Uploads" }], PolicyDocument: {} },
        },
      },
    });
    expect(stack.resources.get("Recordings")).toEqual({
      logicalId: "Recordings",
      type: "AWS::S3::Bucket",
      properties: { BucketName: "photos" },
      dependsOn: ["Policy"],
      physicalId: "photos",
      arn: "arn:aws:s3:::photos",
    });
    expect(stack.resources.get("Policy")?.properties.Queues).toEqual([
      "https://sqs.us-east-1.amazonaws.com/123456789012/uploads",
    ]);
  });

  it("has text for outputs", () => {
    const Outputs = {
      Days: { Value: 30 },
      Arn: { Value: { "Fn::GetAtt": "Recordings.Arn" }, Export: { Name: "x" } },
    };
    expect(stackOf({ Outputs }).outputs).toEqual({ Days: "30", Arn: "arn:aws:s3:::photos" });
  });

  it.each([
    ["AWS::ApiGatewayV2::Api", {}, /^[a-z0-9]{10}$/, undefined],
    ["AWS::ApiGatewayV2::Authorizer", {}, /^[a-z0-9]{6}$/, undefined],
    ["AWS::ApiGatewayV2::Integration", {}, /^[a-z0-9]{7}$/, undefined],
    ["AWS::ApiGatewayV2::Route", {}, /^[a-z0-9]{7}$/, undefined],
    ["AWS::ApiGatewayV2::Stage", { StageName: "$default" }, /^\$default$/, undefined],
    [
      "AWS::CloudWatch::Alarm",
      { AlarmName: "dead" },
      /^dead$/,
      "arn:aws:cloudwatch:us-east-1:123456789012:alarm:dead",
    ],
    ["AWS::DynamoDB::Table", { TableName: "t" }, /^t$/, "arn:aws:dynamodb:us-east-1:123456789012:table/t"],
    ["AWS::Events::EventBus", { Name: "b" }, /^b$/, "arn:aws:events:us-east-1:123456789012:event-bus/b"],
    ["AWS::Events::Rule", { Name: "r" }, /^r$/, "arn:aws:events:us-east-1:123456789012:rule/r"],
    [
      "AWS::Events::Rule",
      { Name: "r", EventBusName: "bus" },
      /^bus\|r$/,
      "arn:aws:events:us-east-1:123456789012:rule/bus/r",
    ],
    [
      "AWS::IAM::ManagedPolicy",
      { ManagedPolicyName: "m", Path: "/a/" },
      /policy\/a\/m$/,
      "arn:aws:iam::123456789012:policy/a/m",
    ],
    ["AWS::IAM::Policy", {}, /^notes-dev-It-[A-Z0-9]{12}$/, undefined],
    ["AWS::IAM::Role", { RoleName: "r" }, /^r$/, "arn:aws:iam::123456789012:role/r"],
    ["AWS::IAM::Role", { RoleName: "r", Path: "/a/" }, /^r$/, "arn:aws:iam::123456789012:role/a/r"],
    ["AWS::KMS::Alias", { AliasName: "alias/a" }, /^alias\/a$/, /:alias\/a$/],
    ["AWS::KMS::Key", {}, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, /:kms:us-east-1:123456789012:key\//],
    ["AWS::Kinesis::Stream", { Name: "s" }, /^s$/, "arn:aws:kinesis:us-east-1:123456789012:stream/s"],
    ["AWS::Lambda::Alias", { FunctionName: "f", Name: "live" }, /:function:f:live$/, /:function:f:live$/],
    [
      "AWS::Lambda::EventSourceMapping",
      {},
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      /event-source-mapping:/,
    ],
    [
      "AWS::Lambda::Function",
      { FunctionName: "f" },
      /^f$/,
      "arn:aws:lambda:us-east-1:123456789012:function:f",
    ],
    ["AWS::Lambda::LayerVersion", { LayerName: "l" }, /:layer:l:1$/, /:layer:l:1$/],
    ["AWS::Lambda::Permission", {}, /^notes-dev-It-/, undefined],
    [
      "AWS::Lambda::Url",
      { TargetFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:f" },
      /:function:f$/,
      undefined,
    ],
    [
      "AWS::Lambda::Version",
      { FunctionName: "f" },
      /:function:f:1$/,
      "arn:aws:lambda:us-east-1:123456789012:function:f:1",
    ],
    [
      "AWS::Logs::LogGroup",
      { LogGroupName: "/a" },
      /^\/a$/,
      "arn:aws:logs:us-east-1:123456789012:log-group:/a:*",
    ],
    [
      "AWS::Scheduler::Schedule",
      { Name: "s", GroupName: "g" },
      /^s$/,
      "arn:aws:scheduler:us-east-1:123456789012:schedule/g/s",
    ],
    ["AWS::SecretsManager::Secret", { Name: "s" }, /:secret:s-[A-Z0-9]{6}$/, /:secret:s-[A-Z0-9]{6}$/],
    ["AWS::S3::Bucket", {}, /^notes-dev-it-[a-z0-9]{12}$/, /^arn:aws:s3:::notes-dev-it-/],
    ["AWS::S3::BucketPolicy", { Bucket: "b" }, /^b$/, undefined],
    ["AWS::SNS::Topic", { TopicName: "t" }, /:t$/, "arn:aws:sns:us-east-1:123456789012:t"],
    [
      "AWS::SNS::Subscription",
      { TopicArn: "arn:aws:sns:us-east-1:1:t" },
      /^arn:aws:sns:us-east-1:1:t:/,
      /t:/,
    ],
    ["AWS::SNS::TopicPolicy", {}, /^notes-dev-It-/, undefined],
    ["AWS::SQS::Queue", { FifoQueue: true }, /\.fifo$/, /\.fifo$/],
    ["AWS::SQS::QueuePolicy", {}, /^notes-dev-It-/, undefined],
    [
      "AWS::SSM::Parameter",
      { Name: "/notes/p" },
      /^\/notes\/p$/,
      "arn:aws:ssm:us-east-1:123456789012:parameter/notes/p",
    ],
    ["AWS::SSM::Parameter", { Name: "p" }, /^p$/, "arn:aws:ssm:us-east-1:123456789012:parameter/p"],
    [
      "AWS::StepFunctions::StateMachine",
      { StateMachineName: "m" },
      /:stateMachine:m$/,
      "arn:aws:states:us-east-1:123456789012:stateMachine:m",
    ],
  ])("names %s %j", (Type, Properties, physicalId, arn) => {
    const it = stackOf({ Resources: { It: { Type, Properties } } }).resources.get("It");
    expect(it?.physicalId).toMatch(physicalId);
    if (arn instanceof RegExp) expect(it?.arn).toMatch(arn);
    else expect(it?.arn).toBe(arn);
  });

  it("makes names of its own that never change, within the service's limits", () => {
    const logicalId = "A".repeat(80);
    const Resources = { [logicalId]: { Type: "AWS::IAM::Role" }, Other: { Type: "AWS::IAM::Role" } };
    const [one, again] = [stackOf({ Resources }), stackOf({ Resources })];
    const name = one.resources.get(logicalId)?.physicalId;
    expect(name).toHaveLength(64);
    expect(again.resources.get(logicalId)?.physicalId).toBe(name);
    expect(one.resources.get("Other")?.physicalId).not.toBe(name);
  });

  it("takes a resource of a type that it does not know, of which everything is unknown", () => {
    const Resources = { Cache: { Type: "AWS::ElastiCache::ServerlessCache" } };
    const Outputs = { Name: { Value: { Ref: "Cache" } }, Arn: { Value: { "Fn::GetAtt": "Cache.ARN" } } };
    const { resources, outputs } = stackOf({ Resources, Outputs });

    expect(resources.get("Cache")).not.toHaveProperty("arn");
    expect(outputs).toEqual({ Name: "⟨Cache⟩", Arn: "⟨Cache.ARN⟩" });
  });

  it("notes what it does not understand, and goes on", () => {
    const { notes, resources } = stackOf({
      Transform: "AWS::LanguageExtensions",
      Rules: {},
      Resources: {
        Bucket: { ...bucket, Depends: "x", Metadata: { a: 1 } },
        Typeless: { Properties: {} },
        Topic: {
          Type: "AWS::SNS::Topic",
          Properties: { DisplayName: { "Fn::GetAtt": ["Bucket", "WebsiteURL"] } },
        },
        "Fn::ForEach::Queues": ["Name", ["A", "B"], { "${Name}Queue": { Type: "AWS::SQS::Queue" } }],
      },
    });
    expect([...resources.keys()]).toEqual(["Bucket", "Topic", "AQueue", "BQueue"]);
    expect(notes.map(({ where }) => where)).toEqual([
      "Transform",
      "Resources.Typeless",
      "Resources.Topic.Properties.DisplayName.Fn::GetAtt",
    ]);
  });

  it.each<[object, string]>([
    [{ Resources: { Bucket: { ...bucket, DependsOn: ["Nothing"] } } }, 'there is no resource "Nothing"'],
    [{ Resources: { Bucket: { ...bucket, Condition: "Nothing" } } }, 'there is no condition "Nothing"'],
    [{ Resources: undefined }, "Resources"],
  ])("is refused for %j", (template, message) => {
    expect(() => stackOf(template)).toThrow(message);
  });
});

describe("resources that refer to each other in a circle are refused, as CloudFormation does:", () => {
  const named = (BucketName: unknown) => ({ Type: "AWS::S3::Bucket", Properties: { BucketName } });
  const tagged = (value: unknown, more: object = {}) => ({
    Type: "AWS::S3::Bucket",
    Properties: { BucketName: "b", Tags: [{ Key: "k", Value: value }] },
    ...more,
  });

  it.each<[string, object, string]>([
    ["through names", { A: named({ Ref: "B" }), B: named({ Ref: "A" }) }, "[A, B]"],
    [
      "through Ref and GetAtt",
      { A: tagged({ Ref: "B" }), B: tagged({ "Fn::GetAtt": ["A", "Arn"] }) },
      "[A, B]",
    ],
    [
      "through Sub",
      { A: tagged({ "Fn::Sub": "${B.Arn}" }), B: tagged({ "Fn::Sub": ["${x}${A}", { x: 1 }] }) },
      "[A, B]",
    ],
    ["through DependsOn", { A: tagged("x", { DependsOn: "B" }), B: tagged({ Ref: "A" }) }, "[A, B]"],
    ["of one", { A: tagged({ Ref: "A" }) }, "[A]"],
    [
      "of three",
      { Z: tagged({ Ref: "A" }), A: tagged({ Ref: "B" }), B: tagged({ Ref: "C" }), C: tagged({ Ref: "A" }) },
      "[A, B, C]",
    ],
  ])("%s", (_, Resources, circle) => {
    expect(() => stackOf({ Resources })).toThrow(`Circular dependency between resources: ${circle}`);
  });

  it("but not one that a condition leaves out", () => {
    const Conditions = { Never: { "Fn::Equals": ["a", "b"] } };
    const Resources = { A: tagged({ "Fn::If": ["Never", { Ref: "B" }, "x"] }), B: tagged({ Ref: "A" }) };
    expect(() => stackOf({ Conditions, Resources })).not.toThrow();
  });

  it("nor a variable of Fn::Sub that has a resource's name", () => {
    const Resources = { A: tagged({ "Fn::Sub": ["${B}", { B: "x" }] }), B: tagged({ Ref: "A" }) };
    expect(() => stackOf({ Resources })).not.toThrow();
  });
});
