import type { Finding } from "../finding.ts";
import { type Change, name, policyOf, statementOf, variablesOf } from "./packaged.ts";

/** One change of the template, and what the rule makes of it. */
export interface Case {
  readonly when: string;
  readonly change: Change;
  /** In the message or the fix; none for a change that the rule must not find. */
  readonly says?: RegExp;
  readonly severity?: Finding["severity"];
  /** Where the line to change is: a file and what that line holds. */
  readonly at?: readonly [file: string, text: string];
}

/** Of this account and region. */
export const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:123456789012:${rest}`;
/** Of a transcription job. */
export const job = (pattern: string) => arn("transcribe", `transcription-job/${pattern}`);

export const bucket = { "Fn::GetAtt": ["RecordingsBucket", "Arn"] };
// biome-ignore lint/suspicious/noTemplateCurlyInString: what Fn::Sub replaces
export const audio = { "Fn::Sub": "${RecordingsBucket.Arn}/audio/*" };
export const queue = { "Fn::GetAtt": ["UploadsQueue", "Arn"] };
// biome-ignore lint/suspicious/noTemplateCurlyInString: what IAM replaces
export const ownTag = "${aws:PrincipalTag/team}";

// biome-ignore lint/suspicious/noTemplateCurlyInString: how IAM writes a star that is no wildcard
export const literalStar = "audio/${*}";

/** Replaces elements of a statement; `undefined` takes one out. */
export const edit =
  (role: string, sid: string, elements: object): Change =>
  (resources) => {
    Object.assign(statementOf(resources, role, sid), elements);
  };

/** Of one statement each: that of receiveAudio, … */
export const store = (elements: object) => edit("ReceiveAudio", "StoreAudio", elements);
export const start = (elements: object) => edit("StartTranscription", "StartJobsIntoOurBucket", elements);
export const find = (elements: object) => edit("ListRecordings", "ListAudio", elements);
export const read = (elements: object) => edit("ReadRecording", "ReadStatus", elements);

/** … and that of the queue policy. */
export const send =
  (elements: object): Change =>
  ({ UploadsQueuePolicy }) => {
    Object.assign(UploadsQueuePolicy.Properties.PolicyDocument.Statement[0], elements);
  };

/** Gives receiveAudio one more statement. */
export const add =
  (statement: object): Change =>
  (resources) => {
    policyOf(resources, "ReceiveAudio").Statement.push({ Sid: "Added", Effect: "Allow", ...statement });
  };

/** Replaces properties of a resource. */
export const set =
  (id: string, properties: object): Change =>
  (resources) => {
    Object.assign(resources[id].Properties, properties);
  };

/** Gives receiveAudio more environment variables. */
export const variables =
  (more: Record<string, unknown>): Change =>
  (resources) => {
    Object.assign(variablesOf(resources, "ReceiveAudio"), more);
  };

/** Changes who may assume the role of receiveAudio. */
export const trust =
  (elements: object): Change =>
  ({ ReceiveAudioIamRoleLambdaExecution: role }) => {
    Object.assign(role.Properties.AssumeRolePolicyDocument.Statement[0], elements);
  };

export const both =
  (...changes: Change[]): Change =>
  (resources) => {
    for (const change of changes) change(resources);
  };

/** A role as Lambda needs it. */
export const role = (properties: object = {}) => ({
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

/** A policy that says what receiveAudio's own says. */
export const policy = (properties: object) => ({
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

/** Sends what reportOutcome fails at somewhere. */
export const destination =
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

/** What looks like keys is put together here, so that no text of a file does. */
export const accessKeyId = "AKIA".padEnd(20, "EXAMPLE");
export const secretAccessKey = "aB3/".repeat(10);

/** Where the statement of receiveAudio stands. */
export const written = ["serverless.yml", "Sid: StoreAudio"] as const;

/** By rule: what it must find, and the near misses that it must not. */
export type Cases = Readonly<
  Record<string, { readonly found: readonly Case[]; readonly notFound: readonly Case[] }>
>;

/** A policy of about 100 characters a statement. */
export function manyStatements(count: number) {
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
