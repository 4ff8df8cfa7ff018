import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "./finding.ts";
import { rules } from "./lint.ts";
import {
  type Change,
  home,
  name,
  type Packaged,
  packaged,
  policyOf,
  type Resources,
  root,
  statementOf,
  variablesOf,
} from "./test-support.ts";

let dev: Packaged;

beforeAll(async () => {
  dev = await packaged("dev");
});

const places = [
  home,
  { region: "ap-southeast-1", partition: "aws" },
  { region: "cn-north-1", partition: "aws-cn" },
  { region: "us-gov-west-1", partition: "aws-us-gov" },
];

describe.each(["dev", "prod", "a-very-long-18char"])("the service packaged for the stage %s", (stage) => {
  let service: Packaged;
  beforeAll(async () => {
    service = await packaged(stage);
  });

  it.each(places)("has no finding in $region, $partition", async (place) => {
    expect(await service.lint(undefined, undefined, place)).toEqual([]);
  });
});

/** One change of the template, and what the rule makes of it. */
interface Case {
  readonly when: string;
  readonly change: Change;
  /** In the message or the fix; none for a change that the rule must not find. */
  readonly says?: RegExp;
  readonly severity?: Finding["severity"];
  /** Where the line to change is: a file and what that line holds. */
  readonly at?: readonly [file: string, text: string];
}

const here = `arn:aws:%:us-east-1:123456789012:`;
const arn = (service: string, rest: string) => here.replace("%", service) + rest;
const job = (pattern: string) => arn("transcribe", `transcription-job/${pattern}`);
const bucket = { "Fn::GetAtt": ["RecordingsBucket", "Arn"] };
// biome-ignore lint/suspicious/noTemplateCurlyInString: what Fn::Sub replaces
const audio = { "Fn::Sub": "${RecordingsBucket.Arn}/audio/*" };
const queue = { "Fn::GetAtt": ["UploadsQueue", "Arn"] };
// biome-ignore lint/suspicious/noTemplateCurlyInString: what IAM replaces
const ownTag = "${aws:PrincipalTag/team}";

/** Replaces elements of a statement; `undefined` takes one out. */
const edit =
  (role: string, sid: string, elements: object): Change =>
  (resources) => {
    Object.assign(statementOf(resources, role, sid), elements);
  };
const store = (elements: object) => edit("ReceiveAudio", "StoreAudio", elements);
const start = (elements: object) => edit("StartTranscription", "StartJobsIntoOurBucket", elements);
const find = (elements: object) => edit("ListRecordings", "ListAudio", elements);
const read = (elements: object) => edit("ReadRecording", "ReadStatus", elements);
const send =
  (elements: object): Change =>
  ({ UploadsQueuePolicy }) => {
    Object.assign(UploadsQueuePolicy.Properties.PolicyDocument.Statement[0], elements);
  };
const add =
  (statement: object): Change =>
  (resources) => {
    policyOf(resources, "ReceiveAudio").Statement.push({ Sid: "Added", Effect: "Allow", ...statement });
  };
const set =
  (id: string, properties: object): Change =>
  (resources) => {
    Object.assign(resources[id].Properties, properties);
  };
const variables =
  (more: Record<string, unknown>): Change =>
  (resources) => {
    Object.assign(variablesOf(resources, "ReceiveAudio"), more);
  };
const trust =
  (elements: object): Change =>
  ({ ReceiveAudioIamRoleLambdaExecution: role }) => {
    Object.assign(role.Properties.AssumeRolePolicyDocument.Statement[0], elements);
  };
const role = (properties: object = {}) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "Assume",
          Effect: "Allow",
          Principal: { Service: "lambda.amazonaws.com" },
          Action: "sts:AssumeRole",
        },
      ],
    },
    Policies: [],
    ...properties,
  },
});
const policy = (properties: object) => ({
  Type: "AWS::IAM::Policy",
  Properties: {
    PolicyName: "more",
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Sid: "StoreAudio", Effect: "Allow", Action: "s3:PutObject", Resource: audio }],
    },
    ...properties,
  },
});
const destination =
  (Destination: unknown): Change =>
  (resources) => {
    resources.Destination = {
      Type: "AWS::Lambda::EventInvokeConfig",
      Properties: {
        FunctionName: { Ref: "ReportOutcomeLambdaFunction" },
        Qualifier: "$LATEST",
        DestinationConfig: { OnFailure: { Destination } },
      },
    };
  };
/** Each is made here, so that no text of this file looks like a key. */
const accessKeyId = "AKIA".padEnd(20, "EXAMPLE");
const secretAccessKey = "aB3/".repeat(10);
const both =
  (...changes: Change[]): Change =>
  (resources) => {
    for (const change of changes) change(resources);
  };

const written = ["serverless.yml", "Sid: StoreAudio"] as const;

const cases: Readonly<
  Record<string, { readonly found: readonly Case[]; readonly notFound: readonly Case[] }>
> = {
  "unknown-action": {
    found: [
      {
        when: "one is misspelt",
        change: store({ Action: "s3:PutObjekt" }),
        says: /no action s3:PutObjekt.*Write s3:PutObject\./s,
        at: written,
      },
      {
        when: "it is called after an operation",
        change: store({ Action: "s3:HeadObject" }),
        says: /Write s3:GetObject\./,
      },
      {
        when: "there is no such service",
        change: store({ Action: "s4:PutObject" }),
        says: /no action s4:PutObject/,
      },
      {
        when: "a wildcard matches nothing",
        change: store({ Action: "s3:Putt*" }),
        says: /no action s3:Putt\*/,
      },
      {
        when: "a Deny denies nothing",
        change: add({ Effect: "Deny", Action: "s3:Destroy", Resource: audio }),
        says: /denies nothing/,
      },
    ],
    notFound: [{ when: "one is in another case", change: store({ Action: "S3:putobject" }) }],
  },
  "wildcard-action": {
    found: [
      {
        when: "a statement allows s3:Put*",
        change: store({ Action: "s3:Put*" }),
        says: /s3:Put\* allows \d+ actions/,
        at: written,
      },
      {
        when: "a statement allows everything",
        change: store({ Action: "*" }),
        says: /every action of every service/,
      },
    ],
    notFound: [{ when: "a Deny has one", change: add({ Effect: "Deny", Action: "s3:*", Resource: audio }) }],
  },
  "unlimited-action": {
    found: [
      {
        when: "a job may write anywhere",
        change: start({ Condition: undefined }),
        says: /StartTranscriptionJob takes no resource.*transcribe:OutputBucketName/s,
        severity: "warning",
        at: ["serverless.yml", "Sid: StartJobsIntoOurBucket"],
      },
    ],
    notFound: [
      {
        when: "no key could limit the action",
        change: add({ Action: "xray:PutTraceSegments", Resource: "*" }),
      },
    ],
  },
  "resource-type": {
    found: [
      {
        when: "an action without a resource gets an ARN",
        change: start({ Resource: job(`${name}_dev_*`) }),
        says: /StartTranscriptionJob takes no resource.*never allowed.*Resource: "\*"/s,
      },
      {
        when: "objects are read by the bucket's ARN",
        change: store({ Action: "s3:GetObject", Resource: bucket }),
        says: /object \(arn:.*never allowed.*Write arn:aws:s3:::[\w-]+\/\*\./s,
        at: written,
      },
      {
        when: "the bucket is listed by its objects' ARN",
        change: find({ Resource: audio }),
        says: /asked of .*bucket \(arn:.*Write arn:aws:s3:::[\w-]+\./s,
      },
      {
        when: "one of two resources is nobody's",
        change: store({ Resource: [audio, queue] }),
        says: /no action of the statement takes arn:aws:sqs/,
      },
      {
        when: "one of two actions finds no resource",
        change: store({ Action: ["s3:PutObject", "s3:ListBucket"] }),
        says: /s3:ListBucket is asked of/,
      },
      {
        when: "a table's index is read by the table's action",
        change: add({
          Action: "dynamodb:GetItem",
          Resource: arn("dynamodb", `table/${name}-dev/index/by-day`),
        }),
        says: /dynamodb:GetItem is asked of/,
      },
    ],
    notFound: [
      {
        when: "each action finds its own resource",
        change: store({ Action: ["s3:GetObject", "s3:ListBucket"], Resource: [audio, bucket] }),
      },
      {
        when: "a pattern covers the bucket and its objects",
        change: find({ Resource: { "Fn::Sub": `\${RecordingsBucket.Arn}*` } }),
      },
    ],
  },
  "every-resource": {
    found: [
      {
        when: "an object may be stored anywhere",
        change: store({ Resource: "*" }),
        says: /s3:PutObject reach every .*object/,
      },
      {
        when: "the ARN has only wildcards for a name",
        change: store({ Resource: "arn:aws:s3:::*/*" }),
        says: /every/,
      },
      {
        when: "the ARN ends early",
        change: add({ Action: "sqs:SendMessage", Resource: "arn:aws:sqs:*" }),
        says: /reach every queue/,
      },
      {
        when: "it is every function",
        change: add({ Action: "lambda:InvokeFunction", Resource: arn("lambda", "function:*") }),
        says: /reach every function/,
      },
    ],
    notFound: [
      {
        when: "the action takes no resource",
        change: add({ Action: "xray:PutTraceSegments", Resource: "*" }),
      },
      {
        when: "a bucket's name is followed by a wildcard",
        change: store({ Resource: "arn:aws:s3:::audio/*" }),
      },
    ],
  },
  "other-stage": {
    found: [
      {
        when: "a dash ends the stage",
        change: read({ Resource: job(`${name}-dev-*`) }),
        says: /dev-\* also covers what the stage dev-2 /,
        severity: "error",
        at: ["serverless.yml", "Sid: ReadStatus"],
      },
      {
        when: "nothing ends the stage",
        change: read({ Resource: job(`${name}_dev*`) }),
        says: /the stage dev-2 /,
      },
      {
        when: "the stage ends a name that may begin with anything",
        change: add({ Action: "sqs:SendMessage", Resource: arn("sqs", "*-dev") }),
        says: /the stage my-dev /,
      },
      {
        when: "the bucket's name is cut off",
        change: store({ Resource: `arn:aws:s3:::${name}-dev-*/audio/*` }),
        says: /also covers/,
      },
      {
        when: "no stage is in the name",
        change: store({ Resource: `arn:aws:s3:::${name}-*/audio/*` }),
        says: /names no stage, so it covers every stage's/,
        severity: "error",
      },
      {
        when: "all jobs of the service are meant",
        change: read({ Resource: job(`${name}_*`) }),
        says: /covers every stage's/,
        severity: "error",
      },
      {
        when: "stages share something",
        change: store({ Resource: "arn:aws:s3:::models/*" }),
        says: /every stage of the service shares it/,
        severity: "warning",
      },
      {
        when: "a condition's pattern leaks",
        change: start({ Condition: { StringLike: { "transcribe:OutputBucketName": `${name}-dev-*` } } }),
        says: /lets through what the stage dev-2 /,
      },
    ],
    notFound: [
      { when: "an underscore ends the stage", change: read({ Resource: job(`${name}_dev_*`) }) },
      {
        when: "the name is whole",
        change: add({ Action: "sqs:SendMessage", Resource: arn("sqs", `${name}-dev-uploads`) }),
      },
      {
        when: "it is AWS's own",
        change: add({
          Action: "bedrock:InvokeModel",
          Resource: "arn:aws:bedrock:us-east-1::foundation-model/one",
        }),
      },
      {
        when: "AWS makes the name up",
        change: add({
          Action: "execute-api:Invoke",
          Resource: { "Fn::Sub": arn("execute-api", `\${HttpApi}/*`) },
        }),
      },
      {
        when: "a Deny covers more",
        change: add({
          Effect: "Deny",
          Action: "s3:DeleteObject",
          Resource: `arn:aws:s3:::${name}-*/audio/*`,
        }),
      },
    ],
  },
  "other-place": {
    found: [
      {
        when: "the partition is written out",
        change: read({ Resource: job(`${name}_dev_*`).replace("aws", "aws-cn") }),
        says: /partition aws-cn.*\$\{AWS::Partition\}/s,
      },
      {
        when: "the region is a wildcard",
        change: read({ Resource: job(`${name}_dev_*`).replace("us-east-1", "*") }),
        says: /every region.*\$\{AWS::Region\}/s,
      },
      {
        when: "the account is a wildcard",
        change: read({ Resource: job(`${name}_dev_*`).replace(/\d{12}/, "*") }),
        says: /every account/,
      },
      {
        when: "the stack's own queue is meant in another region",
        change: add({
          Action: "sqs:SendMessage",
          Resource: arn("sqs", `${name}-dev-uploads`).replace("us-east-1", "us-west-2"),
        }),
        says: /the region us-west-2, and the stack's own is arn:aws:sqs:us-east-1/,
        severity: "warning",
      },
    ],
    notFound: [
      {
        when: "somebody else's queue is in another region",
        change: add({
          Action: "sqs:SendMessage",
          Resource: arn("sqs", "theirs-dev").replace("us-east-1", "us-west-2"),
        }),
      },
      { when: "an ARN has neither region nor account", change: store({ Resource: audio }) },
    ],
  },
  "unknown-condition-key": {
    found: [
      {
        when: "a global key is misspelt",
        change: store({ Condition: { StringEquals: { "aws:SourceVpcee": "vpce-1" } } }),
        says: /no condition key aws:SourceVpcee, so this Allow never applies.*Write aws:SourceVpce/s,
      },
      {
        when: "a service's key is misspelt",
        change: find({ Condition: { StringLike: { "s3:prefixes": "audio/*" } } }),
        says: /Write s3:prefix\./,
      },
      {
        when: "nothing is called so",
        change: add({
          Effect: "Deny",
          Action: "s3:PutObject",
          Resource: audio,
          Condition: { StringNotEquals: { "our:key": "x" } },
        }),
        says: /this Deny always applies/,
      },
    ],
    notFound: [
      {
        when: "the key is in another case",
        change: find({ Condition: { StringLike: { "S3:Prefix": "audio/*" } } }),
      },
      {
        when: "a tag's key is a variable",
        change: store({ Condition: { StringEquals: { "aws:PrincipalTag/team": "voice" } } }),
      },
    ],
  },
  "condition-key-never-carried": {
    found: [
      {
        when: "only listing carries it",
        change: store({ Condition: { StringLike: { "s3:prefix": "audio/*" } } }),
        says: /s3:PutObject never carries s3:prefix, so this Allow never applies/,
        at: written,
      },
      {
        when: "one of two actions carries it",
        change: find({ Action: ["s3:ListBucket", "s3:GetObject"], Resource: [bucket, audio] }),
        says: /s3:GetObject never carries.*statement of its own for s3:GetObject/s,
      },
      {
        when: "a Deny waits for it",
        change: add({
          Effect: "Deny",
          Action: "s3:DeleteObject",
          Resource: audio,
          Condition: { StringLike: { "s3:prefix": "audio/*" } },
        }),
        says: /this Deny never applies/,
      },
      {
        when: "a Deny spares only who sends it",
        change: add({
          Effect: "Deny",
          Action: "s3:DeleteObject",
          Resource: audio,
          Condition: { StringNotLike: { "s3:prefix": "audio/*" } },
        }),
        says: /this Deny always applies/,
      },
      {
        when: "an Allow does not need it",
        change: store({ Condition: { StringNotEquals: { "s3:prefix": "audio/" } } }),
        says: /the condition limits nothing/,
      },
      {
        when: "a function's requests have no source",
        change: store({ Condition: { ArnLike: { "aws:SourceArn": "arn:aws:s3:::mine" } } }),
        says: /a function's requests never carry aws:SourceArn/,
      },
      {
        when: "a function has no second factor",
        change: store({ Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } }),
        says: /no second factor/,
      },
      {
        when: "objects have no tags of this kind",
        change: read({ Condition: { StringEquals: { "aws:RequestTag/team": "voice" } } }),
        says: /never carries aws:RequestTag\/team/,
      },
    ],
    notFound: [
      {
        when: "IfExists is for the one that carries it",
        change: find({
          Action: ["s3:ListBucket", "s3:GetObject"],
          Resource: [bucket, audio],
          Condition: { StringLikeIfExists: { "s3:prefix": "audio/*" } },
        }),
      },
      {
        when: "the key is global",
        change: store({ Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } } }),
      },
      {
        when: "Lambda puts it into the session",
        change: store({
          Condition: { ArnLike: { "lambda:SourceFunctionArn": arn("lambda", "function:one") } },
        }),
      },
      {
        when: "some action of a wildcard carries it",
        change: add({
          Effect: "Deny",
          Action: "s3:List*",
          Resource: bucket,
          Condition: { StringLike: { "s3:prefix": "private/*" } },
        }),
      },
    ],
  },
  "open-when-absent": {
    found: [
      {
        when: "IfExists",
        change: start({ Condition: { StringEqualsIfExists: { "transcribe:OutputBucketName": "ours" } } }),
        says: /StringEqualsIfExists with transcribe:OutputBucketName also allows/,
        severity: "warning",
      },
      {
        when: "a negated operator",
        change: start({ Condition: { StringNotEquals: { "transcribe:OutputBucketName": "theirs" } } }),
        says: /also allows/,
      },
      {
        when: "ForAllValues",
        change: start({ Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } } }),
        says: /Null: \{ aws:TagKeys: false \}/,
        severity: "error",
      },
    ],
    notFound: [
      {
        when: "Null asks for the key",
        change: start({
          Condition: {
            StringNotEquals: { "transcribe:OutputBucketName": "theirs" },
            Null: { "transcribe:OutputBucketName": "false" },
          },
        }),
      },
      {
        when: "every request has the key",
        change: store({ Condition: { ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/other" } } }),
      },
      {
        when: "it is a Deny",
        change: add({
          Effect: "Deny",
          Action: "s3:ListBucket",
          Resource: bucket,
          Condition: { StringNotLike: { "s3:prefix": "audio/*" } },
        }),
      },
    ],
  },
  "operator-type": {
    found: [
      {
        when: "Bool on text",
        change: find({ Condition: { Bool: { "s3:prefix": "true" } } }),
        says: /Bool compares true or false, and s3:prefix is text.*StringEquals/s,
      },
      {
        when: "text on a number",
        change: find({ Condition: { StringEquals: { "s3:max-keys": "10" } } }),
        says: /NumericEquals/,
      },
      {
        when: "text on true or false",
        change: store({ Condition: { StringEquals: { "aws:SecureTransport": "true" } } }),
        says: /Write Bool/,
      },
      {
        when: "text on an address",
        change: store({ Condition: { StringLike: { "aws:SourceIp": "192.0.2.*" } } }),
        says: /Write IpAddress/,
      },
    ],
    notFound: [
      {
        when: "text on an ARN",
        change: store({
          Condition: { StringLike: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/x" } },
        }),
      },
      {
        when: "a number on seconds since 1970",
        change: store({ Condition: { NumericLessThan: { "aws:EpochTime": "2000000000" } } }),
      },
      { when: "Null", change: find({ Condition: { Null: { "s3:max-keys": "false" } } }) },
    ],
  },
  "set-operator": {
    found: [
      {
        when: "a list has none",
        change: start({ Condition: { StringEquals: { "aws:TagKeys": "team" } } }),
        says: /ForAnyValue:StringEquals/,
        severity: "error",
      },
      {
        when: "one value has one",
        change: find({ Condition: { "ForAnyValue:StringLike": { "s3:prefix": "audio/*" } } }),
        says: /has one value.*Write StringLike\./s,
        severity: "warning",
      },
    ],
    notFound: [
      {
        when: "a list has one",
        change: start({ Condition: { "ForAnyValue:StringEquals": { "aws:TagKeys": "team" } } }),
      },
    ],
  },
  "literal-wildcard": {
    found: [
      {
        when: "StringEquals has a star",
        change: find({ Condition: { StringEquals: { "s3:prefix": "audio/*" } } }),
        says: /ordinary character.*Write StringLike\./s,
      },
    ],
    notFound: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's way to write a star
      {
        when: "the star is meant",
        change: find({ Condition: { StringEquals: { "s3:prefix": "audio/${*}" } } }),
      },
      { when: "StringLike has it", change: find({ Condition: { StringLike: { "s3:prefix": "audio/*" } } }) },
    ],
  },
  contradiction: {
    found: [
      {
        when: "two values have to hold",
        change: find({
          Condition: {
            StringEquals: { "s3:prefix": "transcripts/a" },
            StringLike: { "S3:prefix": "audio/*" },
          },
        }),
        says: /nothing meets both StringEquals s3:prefix: transcripts\/a and StringLike/,
      },
      {
        when: "the key has to be absent and equal",
        change: find({
          Condition: { Null: { "s3:prefix": "true" }, StringLike: { "s3:prefix": "audio/*" } },
        }),
        says: /never applies/,
      },
    ],
    notFound: [
      {
        when: "one narrows the other",
        change: find({
          Condition: { StringEquals: { "s3:prefix": "audio/a" }, StringLike: { "s3:prefix": "audio/*" } },
        }),
      },
      {
        when: "the key has to be there",
        change: find({
          Condition: { Null: { "s3:prefix": "false" }, StringLike: { "s3:prefix": "audio/*" } },
        }),
      },
    ],
  },
  "variable-in-old-version": {
    found: [
      {
        when: "there is no Version",
        change: both(
          store({ Resource: { "Fn::Join": ["", [bucket, `/audio/${ownTag}/*`]] } }),
          (resources) => {
            delete policyOf(resources, "ReceiveAudio").Version;
          },
        ),
        says: /Version: "2012-10-17"/,
      },
    ],
    notFound: [
      {
        when: "there is one",
        change: store({ Resource: { "Fn::Join": ["", [bucket, `/audio/${ownTag}/*`]] } }),
      },
    ],
  },
  "inverted-allow": {
    found: [
      {
        when: "NotAction",
        change: store({ Action: undefined, NotAction: "s3:DeleteObject" }),
        says: /NotAction with Allow.*Write Action/s,
        at: written,
      },
      {
        when: "NotResource",
        change: store({ Resource: undefined, NotResource: bucket }),
        says: /NotResource with Allow/,
      },
      {
        when: "NotPrincipal",
        change: send({ Principal: undefined, NotPrincipal: { Service: "s3.amazonaws.com" } }),
        says: /NotPrincipal with Allow/,
      },
    ],
    notFound: [
      { when: "it is a Deny", change: add({ Effect: "Deny", NotAction: "s3:PutObject", Resource: bucket }) },
    ],
  },
  "pass-role": {
    found: [
      {
        when: "any role may be passed",
        change: add({
          Action: "iam:PassRole",
          Resource: "*",
          Condition: { StringEquals: { "iam:PassedToService": "transcribe.amazonaws.com" } },
        }),
        says: /iam:PassRole on \*/,
        severity: "error",
      },
      {
        when: "to any service",
        change: add({
          Action: "iam:PassRole",
          Resource: `arn:aws:iam::123456789012:role/${name}-dev-reader`,
        }),
        says: /to any service/,
        severity: "warning",
      },
    ],
    notFound: [
      {
        when: "one role to one service",
        change: add({
          Action: "iam:PassRole",
          Resource: `arn:aws:iam::123456789012:role/${name}-dev-reader`,
          Condition: { StringEquals: { "iam:PassedToService": "transcribe.amazonaws.com" } },
        }),
      },
    ],
  },
  "nameless-statement": {
    found: [
      {
        when: "it has no Sid",
        change: store({ Sid: undefined }),
        says: /statement 2 has no Sid/,
        at: ["serverless.yml", "iamRoleStatements:"],
      },
      {
        when: "a queue policy's has none",
        change: send({ Sid: undefined }),
        says: /UploadsQueuePolicy, statement 1 has no Sid/,
        at: ["resources/uploads-queue.yml", "Sid: LetOurBucketSend"],
      },
    ],
    notFound: [{ when: "its Sid is another", change: store({ Sid: "Keep" }) }],
  },
  "repeated-sid": {
    found: [
      {
        when: "two policies of a role have it",
        change: (resources) => {
          resources.More = policy({ Roles: [{ Ref: "ReceiveAudioIamRoleLambdaExecution" }] });
        },
        says: /has this Sid too/,
        severity: "warning",
      },
    ],
    notFound: [
      {
        when: "two roles have it",
        change: (resources) => {
          resources.More = policy({ Roles: [{ Ref: "ReportOutcomeIamRoleLambdaExecution" }] });
        },
      },
    ],
  },
  "shared-role": {
    found: [
      {
        when: "two functions have one",
        change: set("IssueUploadFormLambdaFunction", {
          Role: { "Fn::GetAtt": ["ReceiveAudioIamRoleLambdaExecution", "Arn"] },
        }),
        says: /receiveAudio and issueUploadForm share the role/,
      },
    ],
    notFound: [
      {
        when: "two roles say the same",
        change: edit("IssueUploadForm", "LetFormsStoreAudio", { Sid: "StoreAudio" }),
      },
    ],
  },
  "spare-principal": {
    found: [
      {
        when: "nothing uses a role",
        change: (resources) => {
          resources.Spare = role();
        },
        says: /Spare is a role that nothing/,
        severity: "error",
      },
      {
        when: "a function uses another's role",
        change: set("IssueUploadFormLambdaFunction", {
          Role: { "Fn::GetAtt": ["ReceiveAudioIamRoleLambdaExecution", "Arn"] },
        }),
        says: /IssueUploadFormIamRoleLambdaExecution is a role that nothing/,
      },
      {
        when: "something else uses a role",
        change: (resources) => {
          resources.Data = role();
          variablesOf(resources, "ReceiveAudio").DATA_ROLE = { "Fn::GetAtt": ["Data", "Arn"] };
        },
        says: /ReceiveAudioLambdaFunction refers to it, and nothing here checks/,
        severity: "warning",
      },
      {
        when: "no role has a policy",
        change: (resources) => {
          resources.More = policy({ Users: ["somebody"] });
        },
        says: /More is a policy that no function's role has/,
      },
    ],
    notFound: [
      {
        when: "a function's role has a policy",
        change: (resources) => {
          resources.More = policy({ Roles: [{ Ref: "ReceiveAudioIamRoleLambdaExecution" }] });
        },
      },
    ],
  },
  "trust-others": {
    found: [
      {
        when: "another service may assume it",
        change: trust({ Principal: { Service: ["lambda.amazonaws.com", "ec2.amazonaws.com"] } }),
        says: /ec2\.amazonaws\.com may assume/,
      },
      {
        when: "the whole account may",
        change: trust({ Principal: { Service: "lambda.amazonaws.com", AWS: "123456789012" } }),
        says: /123456789012 may assume/,
      },
      {
        when: "another action is allowed",
        change: trust({ Action: ["sts:AssumeRole", "sts:TagSession"] }),
        says: /also allows sts:TagSession/,
      },
    ],
    notFound: [{ when: "the action is in another case", change: trust({ Action: "sts:assumerole" }) }],
  },
  "role-name-length": {
    found: [
      {
        when: "it has 65 characters",
        change: set("ReceiveAudioIamRoleLambdaExecution", { RoleName: "a".repeat(65) }),
        says: /has 65 characters of at most 64/,
        at: ["serverless.yml", "receiveAudio:"],
      },
    ],
    notFound: [
      { when: "it has 64", change: set("ReceiveAudioIamRoleLambdaExecution", { RoleName: "a".repeat(64) }) },
    ],
  },
  "policy-size": {
    found: [
      {
        when: "the inline policies are too large",
        change: set("ReceiveAudioIamRoleLambdaExecution", {
          Policies: [manyStatements(60), manyStatements(60)],
        }),
        says: /inline policies have \d+ characters of at most 10240/,
      },
      {
        when: "the managed policy is too large",
        change: (resources) => {
          const { PolicyDocument } = manyStatements(60);
          resources.Large = { Type: "AWS::IAM::ManagedPolicy", Properties: { PolicyDocument } };
          resources.ReceiveAudioIamRoleLambdaExecution.Properties.ManagedPolicyArns = [{ Ref: "Large" }];
        },
        says: /managed policy has \d+ characters of at most 6144/,
      },
      {
        when: "the trust policy is too large",
        change: trust({ Sid: "a".repeat(2000) }),
        says: /trust policy has \d+ characters of at most 2048/,
      },
    ],
    notFound: [
      {
        when: "they just fit",
        change: set("ReceiveAudioIamRoleLambdaExecution", { Policies: [manyStatements(60)] }),
      },
    ],
  },
  "attached-elsewhere": {
    found: [
      {
        when: "a queue's policy names another queue",
        change: send({ Resource: { "Fn::GetAtt": ["UploadsDeadLetterQueue", "Arn"] } }),
        says: /is not what the policy is attached to/,
        at: ["resources/uploads-queue.yml", "Sid: LetOurBucketSend"],
      },
    ],
    notFound: [{ when: "it names everything", change: send({ Resource: "*" }) }],
  },
  "caller-without-source": {
    found: [
      {
        when: "a permission names no source",
        change: set("ReceiveAudioLambdaPermissionHttpApi", { SourceArn: undefined }),
        says: /apigateway\.amazonaws\.com may call for anybody.*Set SourceArn/s,
        at: ["serverless.yml", "path: /recordings,"],
      },
      {
        when: "the source is everything",
        change: set("ReceiveAudioLambdaPermissionHttpApi", { SourceArn: "*" }),
        says: /no source is named/,
      },
      {
        when: "a bucket's ARN comes without its account",
        change: send({
          Condition: { ArnEquals: { "aws:SourceArn": `arn:aws:s3:::${name}-dev-123456789012-us-east-1` } },
        }),
        says: /names no account.*aws:SourceAccount/s,
        at: ["resources/uploads-queue.yml", "Sid: LetOurBucketSend"],
      },
      {
        when: "the source may be absent",
        change: send({
          Condition: {
            ArnEqualsIfExists: { "aws:SourceArn": "arn:aws:s3:::one" },
            StringEquals: { "aws:SourceAccount": "123456789012" },
          },
        }),
        says: /no source is named/,
      },
    ],
    notFound: [
      {
        when: "a rule's ARN holds its account",
        change: set("ReceiveAudioLambdaPermissionHttpApi", { SourceArn: arn("events", `rule/${name}-dev`) }),
      },
    ],
  },
  "open-to-everyone": {
    found: [
      {
        when: "anybody may send",
        change: send({ Principal: "*", Condition: undefined }),
        says: /anybody, in any account or none, may sqs:SendMessage/,
      },
      {
        when: "the condition says only how",
        change: send({ Principal: "*", Condition: { Bool: { "aws:SecureTransport": "true" } } }),
        says: /anybody/,
      },
      {
        when: "every address is meant",
        change: send({ Principal: { AWS: "*" }, Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } } }),
        says: /anybody/,
      },
      {
        when: "a permission is for everybody",
        change: set("ReceiveAudioLambdaPermissionHttpApi", { Principal: "*", SourceArn: undefined }),
        says: /anybody/,
      },
    ],
    notFound: [
      {
        when: "a condition says who",
        change: send({ Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-example" } } }),
      },
      {
        when: "it is a Deny",
        change: send({
          Effect: "Deny",
          Principal: "*",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      },
    ],
  },
  "other-account": {
    found: [
      {
        when: "another account may send",
        change: send({ Principal: { AWS: "arn:aws:iam::210987654321:root" }, Condition: undefined }),
        says: /210987654321:root is of another account/,
        severity: "warning",
      },
    ],
    notFound: [
      {
        when: "a role of this account may",
        change: send({ Principal: { AWS: "arn:aws:iam::123456789012:role/sender" }, Condition: undefined }),
      },
    ],
  },
  "open-route": {
    found: [
      {
        when: "it has no authorizer",
        change: set("HttpApiRoutePostRecordings", { AuthorizationType: undefined }),
        says: /POST \/recordings has no authorizer/,
        at: ["serverless.yml", "method: POST, path: /recordings,"],
      },
      {
        when: "it says NONE",
        change: set("HttpApiRouteGetRecordings", { AuthorizationType: "NONE" }),
        says: /GET \/recordings has no authorizer/,
      },
    ],
    notFound: [
      {
        when: "a token is asked for",
        change: set("HttpApiRoutePostRecordings", { AuthorizationType: "JWT", AuthorizerId: "abc123" }),
      },
    ],
  },
  "bucket-without-tls": {
    found: [
      {
        when: "its policy is gone",
        change: (resources) => {
          delete resources.RecordingsBucketPolicy;
        },
        says: /no policy refuses s3:GetObject, s3:PutObject and s3:ListBucket/,
        at: ["resources/recordings-bucket.yml", "RecordingsBucket:"],
      },
      {
        when: "the bucket itself is left out",
        change: ({ RecordingsBucketPolicy }) => {
          RecordingsBucketPolicy.Properties.PolicyDocument.Statement[0].Resource.shift();
        },
        says: /no policy refuses s3:ListBucket/,
      },
      {
        when: "one role only is refused",
        change: ({ RecordingsBucketPolicy }) => {
          RecordingsBucketPolicy.Properties.PolicyDocument.Statement[0].Principal = {
            AWS: "arn:aws:iam::123456789012:role/one",
          };
        },
        says: /no policy refuses/,
      },
    ],
    notFound: [
      {
        when: "the refusal also asks for a new TLS",
        change: ({ RecordingsBucketPolicy }) => {
          RecordingsBucketPolicy.Properties.PolicyDocument.Statement.push({
            Sid: "RefuseOldTls",
            Effect: "Deny",
            Principal: "*",
            Action: "s3:*",
            Resource: [bucket, audio],
            Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
          });
        },
      },
    ],
  },
  "bucket-open-to-public": {
    found: [
      {
        when: "it says nothing",
        change: set("RecordingsBucket", { PublicAccessBlockConfiguration: undefined }),
        says: /does not say BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls and RestrictPublicBuckets/,
      },
      {
        when: "one is off",
        change: ({ RecordingsBucket }) => {
          RecordingsBucket.Properties.PublicAccessBlockConfiguration.BlockPublicPolicy = false;
        },
        says: /does not say BlockPublicPolicy, so/,
        at: ["resources/recordings-bucket.yml", "PublicAccessBlockConfiguration:"],
      },
    ],
    notFound: [
      {
        when: "true is written as text",
        change: ({ RecordingsBucket }) => {
          RecordingsBucket.Properties.PublicAccessBlockConfiguration.BlockPublicPolicy = "true";
        },
      },
    ],
  },
  "reserved-variable": {
    found: [
      {
        when: "a key is set",
        change: variables({ AWS_ACCESS_KEY_ID: "x" }),
        says: /AWS_ACCESS_KEY_ID is Lambda's own.*credentials of the function's role/s,
      },
      {
        when: "the region is set",
        change: variables({ AWS_REGION: "us-east-1" }),
        says: /refuses to deploy receiveAudio/,
      },
    ],
    notFound: [
      { when: "Lambda's own guide sets it", change: variables({ AWS_LAMBDA_EXEC_WRAPPER: "/opt/start" }) },
    ],
  },
  "dangerous-variable": {
    found: [
      {
        when: "a profile is named",
        change: variables({ AWS_PROFILE: "sandbox" }),
        says: /AWS_PROFILE of receiveAudio: the SDK then looks for a profile/,
      },
      {
        when: "a file of credentials is named",
        change: variables({ AWS_SHARED_CREDENTIALS_FILE: "keys" }),
        says: /file of credentials/,
      },
      {
        when: "calls go elsewhere",
        change: variables({ AWS_ENDPOINT_URL_S3: "http://localhost:4566" }),
        says: /instead of to AWS/,
      },
      {
        when: "certificates are not looked at",
        change: variables({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }),
        says: /read and change/,
      },
      {
        when: "code is loaded first",
        change: variables({ NODE_OPTIONS: "--enable-source-maps --require ./spy.cjs" }),
        says: /before the handler/,
      },
      {
        when: "a library is loaded first",
        change: variables({ LD_PRELOAD: "/opt/lib.so" }),
        says: /into the runtime/,
      },
    ],
    notFound: [
      {
        when: "NODE_OPTIONS is for source maps",
        change: variables({ NODE_OPTIONS: "--enable-source-maps" }),
      },
      { when: "a variable of one's own names a profile", change: variables({ PROFILE: "sandbox" }) },
    ],
  },
  "secret-variable": {
    found: [
      {
        when: "it looks like an access key",
        change: variables({ UPLOADER: accessKeyId }),
        says: /UPLOADER of receiveAudio holds an AWS access key id.*revoke/s,
      },
      {
        when: "it looks like a secret key",
        change: variables({ UPLOADER: secretAccessKey }),
        says: /an AWS secret access key/,
      },
      {
        when: "it is a private key",
        change: variables({ SIGNER: `-----BEGIN ${"PRIVATE"} KEY-----` }),
        says: /a private key/,
      },
      {
        when: "a URL has a password",
        change: variables({ DATABASE: ["postgres://me", "word@host/db"].join(":") }),
        says: /a URL with a password/,
      },
      {
        when: "its name promises one",
        change: variables({ SLACK_TOKEN: "something" }),
        says: /a secret, by its name.*Secrets Manager/s,
      },
    ],
    notFound: [
      {
        when: "it points to one",
        change: variables({
          DATABASE_PASSWORD: arn("secretsmanager", "secret:db"),
          API_KEY_NAME: "/voice/key",
        }),
      },
      { when: "it is a commit", change: variables({ COMMIT: "0123456789abcdef0123456789abcdef01234567" }) },
    ],
  },
  "environment-size": {
    found: [
      {
        when: "it is over 4 KB",
        change: variables({ LARGE: "a".repeat(4000) }),
        says: /receiveAudio: its environment variables have \d+ bytes of at most 4096/,
        at: ["serverless.yml", "environment:"],
      },
    ],
    notFound: [{ when: "it is under", change: variables({ LARGE: "a".repeat(3500) }) }],
  },
  "polling-rights": {
    found: [
      {
        when: "an action is missing",
        change: edit("StartTranscription", "PollQueue", {
          Action: ["sqs:ReceiveMessage", "sqs:GetQueueAttributes"],
        }),
        says: /startTranscription's role may not sqs:DeleteMessage on arn:aws:sqs/,
        at: ["serverless.yml", "- sqs:"],
      },
      {
        when: "it is another queue",
        change: edit("StartTranscription", "PollQueue", {
          Resource: { "Fn::GetAtt": ["UploadsDeadLetterQueue", "Arn"] },
        }),
        says: /may not sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes/,
      },
      {
        when: "the queue has a key of its own",
        change: set("UploadsQueue", { KmsMasterKeyId: "0000-1111" }),
        says: /may not kms:Decrypt/,
      },
      {
        when: "it is no queue",
        change: set("StartTranscriptionEventSourceMappingSQSUploadsQueue", {
          EventSourceArn: arn("kinesis", `stream/${name}-dev`),
        }),
        says: /not known here/,
        severity: "warning",
      },
      {
        when: "it is no function",
        change: set("StartTranscriptionEventSourceMappingSQSUploadsQueue", { FunctionName: "elsewhere" }),
        says: /no function of the template/,
      },
    ],
    notFound: [
      { when: "the queue has SQS's key", change: set("UploadsQueue", { KmsMasterKeyId: "alias/aws/sqs" }) },
      {
        when: "the role may use the queue's key",
        change: both(set("UploadsQueue", { KmsMasterKeyId: "0000-1111" }), (resources) => {
          policyOf(resources, "StartTranscription").Statement.push({
            Sid: "Decrypt",
            Effect: "Allow",
            Action: "kms:Decrypt",
            Resource: arn("kms", "key/0000-1111"),
          });
        }),
      },
    ],
  },
  "destination-rights": {
    found: [
      {
        when: "the role may not send",
        change: destination(queue),
        says: /reportOutcome's role may not sqs:SendMessage/,
      },
      {
        when: "the function's own dead letters",
        change: set("ReportOutcomeLambdaFunction", { DeadLetterConfig: { TargetArn: queue } }),
        says: /may not sqs:SendMessage/,
      },
      {
        when: "nothing is delivered there",
        change: destination(arn("logs", "log-group:x")),
        says: /nothing that Lambda delivers to/,
      },
    ],
    notFound: [
      {
        when: "the role may send",
        change: both(destination(queue), (resources) => {
          policyOf(resources, "ReportOutcome").Statement.push({
            Sid: "Send",
            Effect: "Allow",
            Action: "sqs:SendMessage",
            Resource: queue,
          });
        }),
      },
    ],
  },
  "visibility-timeout": {
    found: [
      {
        when: "it is shorter than the function's",
        change: set("UploadsQueue", { VisibilityTimeout: 59 }),
        says: /refuses to make the mapping.*at least 360/s,
        severity: "error",
        at: ["resources/uploads-queue.yml", "VisibilityTimeout: 600"],
      },
      {
        when: "it is less than six times as long",
        change: set("UploadsQueue", { VisibilityTimeout: 359 }),
        says: /comes again/,
        severity: "warning",
      },
      {
        when: "it is SQS's own",
        change: set("UploadsQueue", { VisibilityTimeout: undefined }),
        says: /for 30 s/,
        severity: "error",
      },
    ],
    notFound: [{ when: "it is six times as long", change: set("UploadsQueue", { VisibilityTimeout: 360 }) }],
  },
  "notification-rights": {
    found: [
      {
        when: "the queue has no policy",
        change: ({ RecordingsBucket, ...resources }: Resources) => {
          RecordingsBucket.DependsOn = [];
          resources.UploadsQueuePolicy.Properties.Queues = [{ Ref: "UploadsDeadLetterQueue" }];
        },
        says: /no queue policy lets it/,
        at: ["resources/recordings-bucket.yml", "NotificationConfiguration:"],
      },
      {
        when: "the policy names another bucket",
        change: send({
          Condition: {
            ArnEquals: { "aws:SourceArn": "arn:aws:s3:::another" },
            StringEquals: { "aws:SourceAccount": "123456789012" },
          },
        }),
        says: /no queue policy lets it/,
      },
      {
        when: "the bucket does not wait for the policy",
        change: ({ RecordingsBucket }) => {
          delete RecordingsBucket.DependsOn;
        },
        says: /may be made before UploadsQueuePolicy.*Add DependsOn/s,
      },
    ],
    notFound: [
      {
        when: "the bucket waits for what waits for the policy",
        change: (resources) => {
          resources.UploadsDeadLetterQueue.DependsOn = ["UploadsQueuePolicy"];
          resources.UploadsQueuePolicy.Properties.Queues = [
            {
              "Fn::Sub": `https://sqs.\${AWS::Region}.\${AWS::URLSuffix}/\${AWS::AccountId}/${name}-dev-uploads`,
            },
          ];
          resources.RecordingsBucket.DependsOn = "UploadsDeadLetterQueue";
          resources.UploadsQueue.Properties.RedrivePolicy = undefined;
          resources.UploadsQueuePolicy.Properties.PolicyDocument.Statement[0].Resource = arn(
            "sqs",
            `${name}-dev-uploads`,
          );
        },
      },
    ],
  },
};

it("every rule has templates that it finds, and near misses that it does not", () => {
  expect(Object.keys(cases).sort()).toEqual(rules.map((rule) => rule.name).sort());
  for (const { found, notFound } of Object.values(cases)) {
    expect(found.length).toBeGreaterThan(0);
    expect(notFound.length).toBeGreaterThan(0);
  }
});

describe.each(Object.entries(cases))("%s", (rule, { found, notFound }) => {
  it.each(found)("is found when $when", async ({ change, says, severity, at }) => {
    const findings = (await dev.lint(change)).filter((one) => one.rule === rule);

    expect(findings).not.toEqual([]);
    const finding = findings.find(({ message, fix }) => says?.test(`${message}\n${fix}`));
    expect(finding, JSON.stringify(findings, null, 2)).toBeDefined();
    if (severity !== undefined) expect(finding?.severity).toBe(severity);
    if (at !== undefined) {
      const [file, text] = at;
      expect(finding?.source?.file).toBe(file);
      expect(lineOf(finding)).toContain(text);
    }
  });

  it.each(notFound)("is not found when $when", async ({ change }) => {
    const findings = await dev.lint(change);

    expect(findings.filter((one) => one.rule === rule)).toEqual([]);
  });
});

describe("a finding", () => {
  it("of a variable that all functions have points to the provider's environment", async () => {
    const [finding] = await dev.lint((resources) => {
      for (const id of Object.keys(resources).filter((one) => one.endsWith("LambdaFunction")))
        variablesOf(resources, id.replace("LambdaFunction", "")).POWERTOOLS_SERVICE_NAME = accessKeyId;
    });

    expect(finding).toMatchObject({ rule: "secret-variable", subject: "POWERTOOLS_SERVICE_NAME" });
    expect(lineOf(finding)).toContain("POWERTOOLS_SERVICE_NAME");
  });

  it("never repeats a secret", async () => {
    const text = JSON.stringify(
      await dev.lint(variables({ ONE: accessKeyId, OTHER_PASSWORD: secretAccessKey })),
    );

    expect(text).not.toContain(accessKeyId);
    expect(text).not.toContain(secretAccessKey);
  });

  it("that is accepted stays in the output, with its reason", async () => {
    const exception = {
      rule: "unlimited-action",
      subject: "startTranscription/StartJobsIntoOurBucket",
      reason: "a trial",
    };

    const findings = await dev.lint(start({ Condition: undefined }), [exception]);

    expect(findings).toMatchObject([{ rule: "unlimited-action", accepted: "a trial" }]);
  });

  it("says that an exception meets nothing any more", async () => {
    const findings = await dev.lint(undefined, [{ rule: "open-route", subject: "Gone", reason: "a trial" }]);

    expect(findings).toMatchObject([{ rule: "unmet-exception", severity: "warning", subject: "Gone" }]);
  });
});

/** What is refused before the lint, and says why. */
describe("a template that cannot be read is refused", () => {
  it.each<[string, Change, RegExp]>([
    [
      "a function's role is not in it",
      set("ReceiveAudioLambdaFunction", { Role: "arn:aws:iam::123456789012:role/any" }),
      /its role .* is not in the template/,
    ],
    [
      "a managed policy is not in it",
      set("ReceiveAudioIamRoleLambdaExecution", {
        ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"],
      }),
      /managed policy .* is not in the template/,
    ],
    [
      "two statements of a policy have one Sid",
      add({ Sid: "StoreAudio", Action: "s3:PutObject", Resource: audio }),
      /two statements of one policy have the Sid "StoreAudio"/,
    ],
    [
      "Lambda may not assume a role",
      trust({ Principal: { Service: "ec2.amazonaws.com" } }),
      /does not let lambda\.amazonaws\.com assume it/,
    ],
    ["an action has no service", store({ Action: "PutObject" }), /"PutObject" names no action/],
    [
      "an operator is unknown",
      store({ Condition: { StringMatches: { "s3:prefix": "x" } } }),
      /unknown condition operator "StringMatches"/,
    ],
    [
      "a function has an address of its own",
      (resources) => {
        resources.Url = { Type: "AWS::Lambda::Url", Properties: { AuthType: "NONE" } };
      },
      /AWS::Lambda::Url, which is not known here/,
    ],
    ["a resource is unheard of", store({ Resource: "audio/*" }), /"audio\/\*" names no resource/],
  ])("when %s", (_, change, reason) => {
    expect(() => dev.service(change)).toThrow(reason);
  });
});

it("the whole lint takes well under a second", async () => {
  const begun = performance.now();

  await dev.lint();

  expect(performance.now() - begun).toBeLessThan(500);
});

function lineOf(finding: Finding | undefined): string {
  const { file = "", line = 0 } = finding?.source ?? {};
  return readFileSync(join(root, file), "utf8").split("\n")[line - 1] ?? "";
}

/** A policy of about 100 characters a statement. */
function manyStatements(count: number) {
  return {
    PolicyName: `of-${count}`,
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: Array.from({ length: count }, (_, index) => ({
        Sid: `Store${index}`,
        Effect: "Allow",
        Action: "s3:PutObject",
        Resource: `arn:aws:s3:::${name}-dev-123456789012/audio/${index}`,
      })),
    },
  };
}
