import type { Account } from "../account/account.ts";
import { ofType, type Plan } from "../stage/plan.ts";

/** What a command calls, on what, and what is lost without the right. */
export interface Right {
  readonly actions: readonly string[];
  readonly on: Resource;
  /** What the calls are for. */
  readonly why: string;
  /** Only with this option. */
  readonly option?: string;
}

/** The resources that rights are on, each made of what the template says. */
const resources = {
  "*": () => ["*"],
  "the stack": ({ account, plan }) => [
    `arn:${account.partition}:cloudformation:${account.region}:${account.id}:stack/${plan.stackName}/*`,
  ],
  "the API": ({ account, apiId }) => [
    `arn:${account.partition}:execute-api:${account.region}:${account.id}:${apiId}/$default/*`,
  ],
  "the recordings bucket": ({ account, plan }) => [`arn:${account.partition}:s3:::${plan.recordingsBucket}`],
  "its objects": ({ account, plan }) => [`arn:${account.partition}:s3:::${plan.recordingsBucket}/*`],
  "the stage's jobs": ({ account, plan }) => [
    `arn:${account.partition}:transcribe:${account.region}:${account.id}:transcription-job/${plan.jobNamePrefix}*`,
  ],
  "the functions": ({ plan }) => arnsOf(plan, "AWS::Lambda::Function"),
  "their roles": ({ plan }) => arnsOf(plan, "AWS::IAM::Role"),
  "the queues": ({ plan }) => arnsOf(plan, "AWS::SQS::Queue"),
  "the role to assume": () => ["*"],
} as const satisfies Record<string, (place: Place) => readonly string[]>;

export type Resource = keyof typeof resources;

interface Place {
  readonly account: Pick<Account, "id" | "partition" | "region">;
  readonly plan: Plan;
  /** Only known once it is deployed. */
  readonly apiId: string;
}

function arnsOf({ whole }: Plan, type: string): readonly string[] {
  return ofType(whole, type).map(({ arn = "" }) => arn);
}

/** What looking for leftovers takes. */
const looking: readonly Right[] = [
  { actions: ["cloudformation:DescribeStacks"], on: "the stack", why: "whether it is there" },
  { actions: ["cloudformation:ListStacks"], on: "*", why: "the record of a deleted stack" },
  {
    actions: ["cloudformation:ListStackResources"],
    on: "the stack",
    why: "what a deleted stack kept",
  },
  { actions: ["s3:ListAllMyBuckets"], on: "*", why: "buckets with the stage's names" },
  { actions: ["logs:DescribeLogGroups"], on: "*", why: "log groups with the functions' names" },
  { actions: ["lambda:GetFunctionConfiguration"], on: "the functions", why: "whether they are there" },
  { actions: ["sqs:GetQueueUrl"], on: "the queues", why: "whether they are there" },
  { actions: ["iam:GetRole"], on: "their roles", why: "whether they are there" },
  { actions: ["transcribe:ListTranscriptionJobs"], on: "*", why: "jobs with the stage's prefix" },
];

/** By command: every call that it makes. (sts:GetCallerIdentity takes no right.) */
export const rights = {
  preflight: [
    ...looking,
    { actions: ["s3:ListBucket"], on: "the recordings bucket", why: "whether its name is free (HeadBucket)" },
    { actions: ["lambda:GetAccountSettings"], on: "*", why: "how many functions may run at once" },
  ],
  smoke: [
    { actions: ["cloudformation:DescribeStacks"], on: "the stack", why: "the API's address" },
    {
      actions: ["cloudformation:ListStackResources"],
      on: "the stack",
      why: "the names that AWS made up, which policies hold",
    },
    {
      actions: ["execute-api:Invoke"],
      on: "the API",
      why: "the service itself: everything but forms and links",
    },
    {
      actions: ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
      on: "their roles",
      why: "the roles as deployed",
    },
    {
      actions: ["iam:SimulatePrincipalPolicy"],
      on: "their roles",
      why: "what IAM itself says that they may",
    },
    { actions: ["lambda:GetPolicy"], on: "the functions", why: "who may invoke them" },
    { actions: ["s3:GetBucketPolicy"], on: "the recordings bucket", why: "its policy as deployed" },
    {
      actions: ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
      on: "the queues",
      why: "their policies",
    },
    {
      actions: ["sts:AssumeRole"],
      on: "the role to assume",
      why: "the denials",
      option: "--as-role",
    },
  ],
  empty: [
    { actions: ["cloudformation:DescribeStacks"], on: "the stack", why: "whether it is there" },
    { actions: ["cloudformation:ListStackResources"], on: "the stack", why: "what removing it takes away" },
    {
      actions: ["s3:ListBucketVersions", "s3:ListBucketMultipartUploads"],
      on: "the recordings bucket",
      why: "what is in it",
    },
    {
      actions: ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"],
      on: "its objects",
      why: "to empty it",
    },
    { actions: ["transcribe:ListTranscriptionJobs"], on: "*", why: "which jobs there are" },
    { actions: ["transcribe:DeleteTranscriptionJob"], on: "the stage's jobs", why: "to delete them" },
    ...looking.map((right) => ({ ...right, option: "--check" })),
  ],
} as const satisfies Record<string, readonly Right[]>;

export type Command = keyof typeof rights;

/** The smallest policy that a command needs for a stage, as IAM takes it. */
export function policyOf(command: Command, place: Place) {
  // One statement a resource: the same right may serve several ends.
  const byResource = Map.groupBy<Resource, Right>(rights[command], ({ on }) => on);
  return {
    Version: "2012-10-17",
    Statement: [...byResource].map(([on, alike]) => ({
      Sid: sidOf(on),
      Effect: "Allow",
      Action: [...new Set(alike.flatMap(({ actions }) => actions))].sort(),
      Resource: resources[on](place),
    })),
  };
}

/** E.g. `TheRecordingsBucket`. */
function sidOf(resource: Resource): string {
  if (resource === "*") return "Everywhere";
  return resource.replace(/(?:^|\W+)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
