import { HeadBucketCommand } from "@aws-sdk/client-s3";
import type { Account } from "../account/account.ts";
import { inWords, isDenied } from "../account/failures.ts";
import { findStack } from "../stage/deployed.ts";
import { lookForLeftovers } from "../stage/leftovers.ts";
import type { Plan } from "../stage/plan.ts";
import { type Finding, fine, notChecked, problem } from "./finding.ts";

/**
 * Whether there is room for the stack: none of its name that CloudFormation could not update, and, where there is none
 * at all, nobody else's things with its names.
 */
export async function checkRoom(account: Account, plan: Plan): Promise<Finding[]> {
  const check = "stack";
  try {
    const stack = await findStack(account.clients.cloudFormation, plan.stackName);
    if (stack) return [stackState(plan, stack.status, stack.reason)];
  } catch (error) {
    if (!isDenied(error)) throw error;
    return [
      notChecked(check, inWords(error), "Allow cloudformation:DescribeStacks on the stack."),
      ...(await checkBucketName(account, plan)),
    ];
  }
  return [
    fine(check, `there is no ${plan.stackName} yet: it will be created`),
    ...(await checkBucketName(account, plan)),
    ...(await checkLeftovers(account, plan)),
  ];
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html, the status codes */
function stackState({ stackName, stage }: Plan, status: string, reason: string | undefined): Finding {
  const check = "stack";
  const state = `${stackName} is ${status}${reason ? ` (${reason})` : ""}`;
  if (/^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE$/.test(status))
    return fine(check, `${state}: it will be updated`);
  if (status === "REVIEW_IN_PROGRESS") return fine(check, `${state}: it is empty yet, and will be created`);
  if (status.endsWith("_IN_PROGRESS"))
    return problem(check, `${state}: another deployment is under way.`, "Wait until it has ended.");
  if (status === "UPDATE_ROLLBACK_FAILED")
    return problem(
      check,
      `${state}: it cannot be updated until its rollback ends.`,
      `Mend what its events name, then: aws cloudformation continue-update-rollback --stack-name ${stackName}`,
    );
  return problem(
    check,
    `${state}: CloudFormation updates no such stack.`,
    `Read why in its events, then take it away: pnpm empty --stage ${stage}; pnpm sls remove --stage ${stage}`,
  );
}

/**
 * Bucket names are one space for all accounts of a partition.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
async function checkBucketName(
  { clients, id }: Account,
  { recordingsBucket, stage }: Plan,
): Promise<Finding[]> {
  const check = "bucket name";
  try {
    await clients.s3.send(new HeadBucketCommand({ Bucket: recordingsBucket, ExpectedBucketOwner: id }));
    return [
      problem(
        check,
        `${recordingsBucket} is there already, in this account, without a stack.`,
        `An earlier stage left it behind: pnpm empty --stage ${stage}; aws s3api delete-bucket --bucket ${recordingsBucket}`,
      ),
    ];
  } catch (error) {
    const { httpStatusCode } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
    if (httpStatusCode === 404) return [fine(check, `${recordingsBucket} is free`)];
    if (httpStatusCode === 301 || httpStatusCode === 400)
      return [
        problem(
          check,
          `${recordingsBucket} is there already, in another region.`,
          "Choose another stage, or delete that bucket.",
        ),
      ];
    if (httpStatusCode !== 403) throw error;
    return [
      problem(
        check,
        `${recordingsBucket} is there already, and you may not look at it: it is somebody else's, or you lack s3:ListBucket.`,
        "If it is yours, delete it; else choose another stage or another service name.",
      ),
    ];
  }
}

async function checkLeftovers(account: Account, plan: Plan): Promise<Finding[]> {
  const looks = await lookForLeftovers(account, plan);
  // Jobs and the framework's bucket are in nobody's way; the bucket and the stack were looked at by themselves.
  const inTheWay = looks.filter(({ what }) => ["log groups", "functions", "queues", "roles"].includes(what));
  return inTheWay.map(({ what, found, remedy, notChecked: why }) => {
    if (why !== undefined)
      return notChecked(what, why, `Allow what pnpm preflight --policy says for ${what}.`);
    if (found.length === 0) return fine(what, "none of these names");
    return problem(
      what,
      `${found.join(", ")}: left behind without a stack, and a new one could not make them.`,
      remedy,
    );
  });
}
