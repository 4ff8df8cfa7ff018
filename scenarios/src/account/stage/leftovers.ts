import { paginateListStacks } from "@aws-sdk/client-cloudformation";
import { paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { paginateListBuckets } from "@aws-sdk/client-s3";
import { GetQueueUrlCommand } from "@aws-sdk/client-sqs";
import type { Account } from "../account/account.ts";
import { inWords, isMissing } from "../account/failures.ts";
import { findStack, listResources } from "./deployed.ts";
import { listJobs } from "./jobs.ts";
import { nameInArn, ofType, type Plan } from "./plan.ts";

/** What was looked for, and what of it there is. */
export interface Look {
  readonly what: string;
  /** Names, ARNs or ids. */
  readonly found: readonly string[];
  /** How to take away what was found. */
  readonly remedy: string;
  /** Why it could not be looked for: then nothing is known. */
  readonly notChecked?: string;
}

/**
 * Looks for everything in the account that bears the stage's names: by the names that the template gives, and, once the
 * stack is deleted, by CloudFormation's own record of what it did with each of its resources.
 */
export async function lookForLeftovers(account: Account, plan: Plan): Promise<readonly Look[]> {
  return Promise.all(
    looks.map(async ({ what, remedy, find }): Promise<Look> => {
      try {
        return { what, remedy: remedy(plan), found: await find(account, plan) };
      } catch (error) {
        return { what, remedy: remedy(plan), found: [], notChecked: inWords(error) };
      }
    }),
  );
}

interface LookFor {
  readonly what: string;
  readonly remedy: (plan: Plan) => string;
  readonly find: (account: Account, plan: Plan) => Promise<readonly string[]>;
}

const looks: readonly LookFor[] = [
  {
    what: "stack",
    remedy: ({ stage }) => `pnpm sls remove --stage ${stage}`,
    async find({ clients }, { stackName }) {
      const stack = await findStack(clients.cloudFormation, stackName);
      return stack ? [`${stack.name} (${stack.status})`] : [];
    },
  },
  {
    what: "resources that the deleted stack kept",
    remedy: () => "delete them by hand: CloudFormation skipped them",
    find: keptResources,
  },
  {
    what: "buckets",
    remedy: ({ stage }) => `pnpm empty --stage ${stage}, then aws s3api delete-bucket --bucket NAME`,
    find: ownBuckets,
  },
  {
    what: "log groups",
    remedy: () => "aws logs delete-log-group --log-group-name NAME",
    find: logGroups,
  },
  {
    what: "functions",
    remedy: () => "aws lambda delete-function --function-name NAME",
    find: ({ clients }, { whole }) =>
      present(names(whole, "AWS::Lambda::Function"), (FunctionName) =>
        clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
      ),
  },
  {
    what: "queues",
    remedy: () => "aws sqs delete-queue --queue-url URL",
    find: ({ clients }, { whole }) =>
      present(
        ofType(whole, "AWS::SQS::Queue").map(({ arn = "" }) => nameInArn(arn)),
        (QueueName) => clients.sqs.send(new GetQueueUrlCommand({ QueueName })),
      ),
  },
  {
    what: "roles",
    remedy: () => "aws iam delete-role --role-name NAME, after its policies",
    find: ({ clients }, { whole }) =>
      present(names(whole, "AWS::IAM::Role"), (RoleName) =>
        clients.iam.send(new GetRoleCommand({ RoleName })),
      ),
  },
  {
    what: "transcription jobs",
    remedy: ({ stage }) => `pnpm empty --stage ${stage}`,
    async find({ clients }, { jobNamePrefix }) {
      const jobs = await listJobs(clients.transcribe, jobNamePrefix);
      return jobs.map(({ name }) => name);
    },
  },
];

function names(stack: Plan["whole"], type: string): readonly string[] {
  return ofType(stack, type).map(({ physicalId }) => physicalId);
}

/** Those that can be described. */
async function present(
  candidates: readonly string[],
  describe: (name: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of candidates) {
    try {
      await describe(name);
      found.push(name);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return found;
}

/**
 * CloudFormation tells for 90 days what it did with the resources of a deleted stack.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
 */
async function keptResources({ clients: { cloudFormation } }: Account, { stackName }: Plan) {
  const pages = paginateListStacks({ client: cloudFormation }, { StackStatusFilter: ["DELETE_COMPLETE"] });
  let latest: { readonly id: string; readonly time: number } | undefined;
  for await (const { StackSummaries = [] } of pages) {
    for (const { StackName, StackId: id = "", DeletionTime } of StackSummaries) {
      const time = DeletionTime?.getTime() ?? 0;
      if (StackName === stackName && time >= (latest?.time ?? 0)) latest = { id, time };
    }
  }
  if (latest === undefined) return [];
  const resources = await listResources(cloudFormation, latest.id);
  return resources
    .filter(({ status, physicalId }) => status !== "DELETE_COMPLETE" && physicalId !== "")
    .map(({ type, physicalId }) => `${type} ${physicalId}`);
}

/** The recordings bucket by its name, the framework's by how CloudFormation makes up its name. */
async function ownBuckets({ clients }: Account, { whole, stackName }: Plan) {
  const buckets = ofType(whole, "AWS::S3::Bucket");
  const named = buckets.filter(({ properties }) => properties.BucketName !== undefined);
  const generated = buckets.filter(({ properties }) => properties.BucketName === undefined);
  const isOwn = (name: string) =>
    named.some(({ physicalId }) => physicalId === name) ||
    generated.some(({ logicalId }) => name.startsWith(`${stackName}-${logicalId}-`.toLowerCase()));
  const found: string[] = [];
  // The prefix holds for all of them: every name begins with service and stage.
  const pages = paginateListBuckets({ client: clients.s3, pageSize: 1000 }, { Prefix: `${stackName}-` });
  for await (const { Buckets = [] } of pages) {
    found.push(...Buckets.map(({ Name = "" }) => Name).filter(isOwn));
  }
  return found;
}

async function logGroups({ clients }: Account, { whole, stackName }: Plan) {
  const own = new Set(names(whole, "AWS::Logs::LogGroup"));
  const found: string[] = [];
  const pages = paginateDescribeLogGroups(
    { client: clients.logs },
    { logGroupNamePrefix: `/aws/lambda/${stackName}-` },
  );
  for await (const { logGroups: groups = [] } of pages) {
    found.push(...groups.map(({ logGroupName = "" }) => logGroupName).filter((name) => own.has(name)));
  }
  return found;
}
