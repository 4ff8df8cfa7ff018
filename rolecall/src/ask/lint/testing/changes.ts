import { policyOf } from "../../../run/testing/changed-package.ts";
import { type Change, name, statementOf, variablesOf } from "../../../testing/film-archive/film-archive.ts";
import type { Finding } from "../finding.ts";

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

export const bucket = { "Fn::GetAtt": ["FilmsBucket", "Arn"] };
// biome-ignore lint/suspicious/noTemplateCurlyInString: what Fn::Sub replaces
export const films = { "Fn::Sub": "${FilmsBucket.Arn}/films/*" };
export const queue = { "Fn::GetAtt": ["ReelsQueue", "Arn"] };
// biome-ignore lint/suspicious/noTemplateCurlyInString: what IAM replaces
export const ownTag = "${aws:PrincipalTag/team}";

// biome-ignore lint/suspicious/noTemplateCurlyInString: how IAM writes a star that is no wildcard
export const literalStar = "films/${*}";

/** Replaces elements of a statement; `undefined` takes one out. */
export const edit =
  (role: string, sid: string, elements: object): Change =>
  (resources) => {
    Object.assign(statementOf(resources, role, sid), elements);
  };

/** Of one statement each: that of keepFilm, … */
export const store = (elements: object) => edit("KeepFilm", "KeepFilm", elements);
export const start = (elements: object) => edit("StartCaptions", "StartJobsForOurBucket", elements);
export const find = (elements: object) => edit("ListFilms", "ListFilms", elements);
export const read = (elements: object) => edit("ShowFilm", "ReadStatus", elements);

/** … and that of the queue policy. */
export const send =
  (elements: object): Change =>
  ({ ReelsQueuePolicy }) => {
    Object.assign(ReelsQueuePolicy.Properties.PolicyDocument.Statement[0], elements);
  };

/** Gives keepFilm one more statement. */
export const add =
  (statement: object): Change =>
  (resources) => {
    policyOf(resources, "KeepFilm").Statement.push({ Sid: "Added", Effect: "Allow", ...statement });
  };

/** Replaces properties of a resource. */
export const set =
  (id: string, properties: object): Change =>
  (resources) => {
    Object.assign(resources[id].Properties, properties);
  };

/** Gives keepFilm more environment variables. */
export const variables =
  (more: Record<string, unknown>): Change =>
  (resources) => {
    Object.assign(variablesOf(resources, "KeepFilm"), more);
  };

/** Changes who may assume the role of keepFilm. */
export const trust =
  (elements: object): Change =>
  ({ KeepFilmIamRoleLambdaExecution: role }) => {
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

/** A policy that says what keepFilm's own says. */
export const policy = (properties: object) => ({
  Type: "AWS::IAM::Policy",
  Properties: {
    PolicyName: "more",
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Sid: "KeepFilm", Effect: "Allow", Action: "s3:PutObject", Resource: films }],
    },
    ...properties,
  },
});

/** Sends what reportCaptions fails at somewhere. */
export const destination =
  (Destination: unknown): Change =>
  (resources) => {
    resources.Destination = {
      Type: "AWS::Lambda::EventInvokeConfig",
      Properties: {
        FunctionName: { Ref: "ReportCaptionsLambdaFunction" },
        Qualifier: "$LATEST",
        DestinationConfig: { OnFailure: { Destination } },
      },
    };
  };

/** What looks like keys is put together here, so that no text of a file does. */
export const accessKeyId = "AKIA".padEnd(20, "EXAMPLE");
export const secretAccessKey = "aB3/".repeat(10);

/** Where the statement of keepFilm stands. */
export const written = ["serverless.yml", "Sid: KeepFilm"] as const;

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
        Resource: `arn:aws:s3:::${name}-dev-123456789012/films/${index}`,
      })),
    },
  };
}
