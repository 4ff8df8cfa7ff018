import assert from "node:assert/strict";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import {
  StartTranscriptionJobCommand,
  type StartTranscriptionJobCommandInput,
} from "@aws-sdk/client-transcribe";
import type { Question } from "rolecall/run";
import { recordingsBucket } from "../recordings-bucket.ts";
import type { Clients, LocalScenario, LocalStage, RoleStage, Scenario } from "./scenario.ts";

/*
 * What a condition is for shows only where somebody tries what it forbids. Each condition of serverless.yml and
 * resources/ has its attempts here, in the name of whoever it binds.
 */

const id = "01900000-0000-7000-8000-0000000000ff.en-US.wav";

/** Nobody's: one of AWS's own examples. */
const anotherAccount = "111122223333";

const listers = ["startTranscription", "listRecordings", "readRecording"];

/** What a function's own credentials are refused, wherever one may act with them. */
export const forbidden: readonly Scenario<RoleStage>[] = [
  refusedCalls(
    "startTranscription has no transcript left in a bucket that is not the service's",
    ["startTranscription", "transcribe:StartTranscriptionJob"],
    [
      startJob(() => ({ OutputBucketName: "another-bucket", OutputKey: "x.json" })),
      // In a bucket of Transcribe's own.
      startJob(() => ({})),
    ],
  ),
  ...listers.map((who) =>
    refusedCalls(
      `${who} lists recordings, and nothing else in the bucket`,
      [who, "s3:ListBucket"],
      [list(undefined), list("transcripts/")],
    ),
  ),
  {
    name: "a function's own credentials may not call the API",
    isAttempt: true,
    denials: ["readRecording execute-api:Invoke"],
    async steps({ as }) {
      await assert.rejects(as("readRecording").api.listRecordings(), {
        status: 403,
        message: "GET /recordings answered 403: Forbidden",
      });
    },
  },
];

/** What takes the local run to try: something to put into the bucket, or a question that no caller can ask. */
export const forbiddenLocally: readonly LocalScenario[] = [
  {
    name: "startTranscription has no transcript written outside transcripts/",
    isAttempt: true,
    denials: ["startTranscription s3:PutObject"],
    async steps({ as, aws }) {
      await aws.objects.put(recordingsBucket(aws), `audio/${id}`, Buffer.from("RIFF"));
      await aws.idle();
      const astray = startJob(({ bucket }) => ({ OutputBucketName: bucket, OutputKey: "audio/astray.json" }));

      // Transcribe asks S3 with the rights of whoever starts the job, and does not call what it hears a denial.
      await assert.rejects(astray(as("startTranscription")), {
        name: "BadRequestException",
        message: /write permission/,
      });
    },
  },
  refusedQuestions(
    "no other bucket, and no other account's, sends to the uploads queue",
    ["s3.amazonaws.com", "sqs:SendMessage"],
    ({ aws, queue }) => {
      const resource = queue("uploads").spec.arn;
      const ours = {
        "aws:SourceArn": `arn:aws:s3:::${recordingsBucket(aws)}`,
        "aws:SourceAccount": aws.accountId,
      };
      return [
        { resource, context: { ...ours, "aws:SourceArn": "arn:aws:s3:::another-bucket" } },
        // A bucket's ARN names no account, and somebody else may get its name one day.
        { resource, context: { ...ours, "aws:SourceAccount": anotherAccount } },
      ];
    },
  ),
  refusedQuestions(
    "no other API invokes a function",
    ["apigateway.amazonaws.com", "lambda:InvokeFunction"],
    (stage) => invocations(stage, "execute-api", "anotherapi/$default/GET/recordings"),
  ),
  refusedQuestions(
    "no other rule invokes a function",
    ["events.amazonaws.com", "lambda:InvokeFunction"],
    (stage) => invocations(stage, "events", "rule/another-rule"),
  ),
  // The hop over loopback counts as TLS, so nobody can come without it.
  refusedQuestions("no object is stored without TLS", ["receiveAudio", "s3:PutObject"], ({ aws }) => [
    {
      resource: `arn:aws:s3:::${recordingsBucket(aws)}/audio/${id}`,
      context: { "aws:SecureTransport": "false" },
    },
  ]),
  refusedQuestions("the bucket is not listed without TLS", ["listRecordings", "s3:ListBucket"], ({ aws }) => [
    {
      resource: `arn:aws:s3:::${recordingsBucket(aws)}`,
      context: { "s3:prefix": "audio/", "aws:SecureTransport": "false" },
    },
  ]),
];

type Denial = readonly [who: string, action: string];

/** Calls over HTTP that IAM is to refuse. */
function refusedCalls(
  name: string,
  [who, action]: Denial,
  calls: readonly ((clients: Clients) => Promise<unknown>)[],
): Scenario<RoleStage> {
  return {
    name,
    isAttempt: true,
    denials: [`${who} ${action}`],
    async steps({ as }) {
      for (const call of calls) await assert.rejects(call(as(who)), { name: /^AccessDenied(Exception)?$/ });
    },
  };
}

/** Questions that IAM is to answer with no, where nobody here could make the call that asks them. */
function refusedQuestions(
  name: string,
  [who, action]: Denial,
  questions: (stage: LocalStage) => readonly Omit<Question, "action">[],
): LocalScenario {
  return {
    name,
    isAttempt: true,
    denials: [`${who} ${action}`],
    async steps(stage) {
      for (const question of questions(stage)) {
        const { outcome } = stage.aws.ask(who, { action, ...question });
        assert.notEqual(outcome, "allowed", `${who} may ${action} on ${question.resource}`);
      }
    },
  };
}

function startJob(output: (clients: Clients) => Partial<StartTranscriptionJobCommandInput>) {
  return (clients: Clients) =>
    clients.transcribe.send(
      new StartTranscriptionJobCommand({
        TranscriptionJobName: `forbidden_${crypto.randomUUID()}`,
        Media: { MediaFileUri: `s3://${clients.bucket}/audio/${id}` },
        LanguageCode: "en-US",
        ...output(clients),
      }),
    );
}

function list(prefix: string | undefined) {
  return ({ s3, bucket }: Clients) =>
    s3.send(new ListObjectsV2Command({ Bucket: bucket, ...(prefix !== undefined && { Prefix: prefix }) }));
}

/** A source that is not the stack's, asking to invoke each of its functions. */
function invocations({ aws }: LocalStage, service: string, source: string): Omit<Question, "action">[] {
  return [...aws.policies.resource.keys()]
    .filter((arn) => arn.split(":")[2] === "lambda")
    .map((resource) => ({
      resource,
      context: {
        "aws:SourceArn": `arn:aws:${service}:${aws.region}:${aws.accountId}:${source}`,
        "aws:SourceAccount": aws.accountId,
      },
    }));
}
