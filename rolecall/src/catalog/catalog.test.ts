import { describe, expect, it } from "vitest";
import { nearest } from "../iam/nearest.ts";
import { type ActionFacts, actionsNamedBy, actionsOf, findAction } from "./actions.ts";
import { carries, conditionKeysLike, findConditionKey } from "./condition-keys.ts";
import { actionsOfOperation } from "./operations.ts";
import { typesNamedBy } from "./resource-types.ts";

async function action(name: string): Promise<ActionFacts> {
  const found = await findAction(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

describe("an action", () => {
  it("is found in any case, and called as AWS calls it", async () => {
    expect(await findAction("S3:getobject")).toMatchObject({ name: "s3:GetObject", accessLevel: "Read" });
  });

  it.each(["s3:HeadObject", "s4:GetObject", "s3", "", ":", "s3:__proto__", "constructor:toString"])(
    "is not found when there is none: %s",
    async (name) => {
      expect(await findAction(name)).toBeUndefined();
    },
  );

  it("is among those that a pattern names", async () => {
    const names = (await actionsNamedBy("S3:*ObjectTagging")).map(({ name }) => name);

    expect(names.sort()).toEqual(["s3:DeleteObjectTagging", "s3:GetObjectTagging", "s3:PutObjectTagging"]);
    expect(await actionsNamedBy("s3:Nothing*")).toEqual([]);
  });

  it("is what an operation with another name asks for", async () => {
    for (const operation of ["s3:HeadObject", "s3:ListObjectsV2", "sqs:SendMessageBatch", "lambda:Invoke"]) {
      expect(await findAction(operation)).toBeUndefined();
      for (const name of actionsOfOperation(operation)) expect(await findAction(name)).toBeDefined();
      expect(actionsOfOperation(operation)).not.toEqual([]);
    }
  });
});

describe("a resource type is named", () => {
  it.each([
    ["s3:GetObject", "arn:aws:s3:::bucket/originals/*", ["object"]],
    ["s3:GetObject", "arn:aws:s3:::bucket*", ["object"]],
    ["s3:GetObject", "arn:aws:s3:::bucket", []],
    ["s3:GetObject", "arn:aws:s3:::bucket/", []],
    ["s3:ListBucket", "arn:aws:s3:::bucket", ["bucket"]],
    ["s3:ListBucket", "arn:aws:s3:::bucket/*", []],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what IAM replaces
    ["s3:ListBucket", "arn:aws:s3:::${aws:PrincipalTag/bucket}", ["bucket"]],
    ["sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:queue", ["queue"]],
    ["sqs:SendMessage", "arn:aws:sqs:::queue", []],
    ["dynamodb:Query", "arn:aws:dynamodb:us-east-1:123456789012:table/one/index/two", ["index"]],
    [
      "logs:PutLogEvents",
      "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/aws/lambda/one:*:*",
      ["log-stream"],
    ],
    [
      "transcribe:StartTranscriptionJob",
      "arn:aws:transcribe:us-east-1:123456789012:transcription-job/one",
      [],
    ],
  ])("%s on %s: %j", async (name, resource, types) => {
    expect(typesNamedBy(resource, await action(name)).map((type) => type.name)).toEqual(types);
  });
});

describe("a condition key", () => {
  it.each([
    ["S3:Prefix", { name: "s3:prefix", type: "String", isList: false }],
    ["aws:TagKeys", { name: "aws:TagKeys", type: "String", isList: true }],
    ["aws:SourceArn", { name: "aws:SourceArn", type: "ARN", isList: false }],
    ["aws:SecureTransport", { name: "aws:SecureTransport", type: "Bool", isList: false }],
  ])("%s has its name and its type", async (key, facts) => {
    expect(await findConditionKey(key)).toEqual(facts);
  });

  it.each(["aws:Nothing", "s3:nothing", "nothing", "", ":", "constructor:a"])(
    "is not found when there is none: %s",
    async (key) => {
      expect(await findConditionKey(key)).toBeUndefined();
    },
  );

  it.each([
    ["s3:ListBucket", "s3:prefix", true],
    ["s3:GetObject", "s3:prefix", false],
    ["s3:GetObject", "S3:ExistingObjectTag/team", true],
    ["s3:GetObject", "aws:SourceIp", true],
    ["transcribe:StartTranscriptionJob", "transcribe:OutputBucketName", true],
    ["transcribe:GetTranscriptionJob", "transcribe:OutputBucketName", false],
    ["transcribe:GetTranscriptionJob", "aws:ResourceTag/team", true],
    ["transcribe:GetTranscriptionJob", "aws:RequestTag/team", false],
    ["sqs:SendMessage", "lambda:SourceFunctionArn", true],
  ])("%s carries %s: %s", async (name, key, carried) => {
    expect(carries(await action(name), key)).toBe(carried);
  });
});

describe("what was meant", () => {
  it("is the name that differs least", async () => {
    expect(nearest("s3:GetObjekt", await actionsOf("s3"))).toBe("s3:GetObject");
    expect(nearest("aws:SourceVpcee", await conditionKeysLike("aws:SourceVpcee"))).toBe("aws:SourceVpce");
  });

  it("is left open when nothing is near", async () => {
    expect(nearest("s3:Frobnicate", await actionsOf("s3"))).toBeUndefined();
    expect(nearest("x", [])).toBeUndefined();
    expect(await conditionKeysLike("nothing:here")).toEqual([]);
  });
});
