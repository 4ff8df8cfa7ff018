import { setTimeout as sleep } from "node:timers/promises";
import {
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import type { Account } from "../account/account.ts";
import { countMessages, type DeadLetters } from "./dead-letters.ts";

export interface Redriven {
  /** SQS's: `COMPLETED`, `FAILED`, `CANCELLED`. */
  readonly status: string;
  readonly moved: number;
  /** About how many are in the dead-letter queue now. */
  readonly remaining: number;
  readonly failureReason?: string;
}

export interface RedriveOptions {
  /** Messages a second; as many as SQS likes when absent. */
  readonly rate?: number | undefined;
  readonly onProgress?: (moved: number, of: number | undefined) => void;
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

/**
 * Has SQS move the dead letters to the queue that they came from, and follows it to the end. SQS goes on by itself
 * when nobody follows.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 *
 * @throws Error of AWS's, also when another move of that queue is under way.
 */
export async function redrive(
  account: Account,
  { queueArn, queueUrl }: DeadLetters,
  { rate, onProgress = () => {}, interval = 1_000 }: RedriveOptions = {},
): Promise<Redriven> {
  const { sqs } = account.clients;
  await sqs.send(
    new StartMessageMoveTaskCommand({
      SourceArn: queueArn,
      ...(rate !== undefined && { MaxNumberOfMessagesPerSecond: rate }),
    }),
  );
  for (;;) {
    const { Results = [] } = await sqs.send(
      new ListMessageMoveTasksCommand({ SourceArn: queueArn, MaxResults: 1 }),
    );
    const [task] = Results;
    onProgress(movedBy(task), task?.ApproximateNumberOfMessagesToMove);
    if (task && task.Status !== "RUNNING" && task.Status !== "CANCELLING") {
      return {
        status: task.Status ?? "unknown",
        moved: movedBy(task),
        remaining: await countMessages(account, queueUrl),
        ...(task.FailureReason !== undefined && { failureReason: task.FailureReason }),
      };
    }
    await sleep(interval);
  }
}

const movedBy = (task: ListMessageMoveTasksResultEntry | undefined): number =>
  task?.ApproximateNumberOfMessagesMoved ?? 0;
