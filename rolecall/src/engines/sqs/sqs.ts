import type { Log } from "../../gate/types.ts";
import { createQueue, type Queue, type QueueSpec } from "./queue.ts";

export interface SqsOptions {
  readonly queues: readonly QueueSpec[];
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface Sqs {
  /** @throws Error for a queue that is not in the stack. */
  queue(arn: string): Queue;
  /** Calls back whenever a message comes into the queue. */
  onArrival(queueArn: string, listener: () => void): void;
}

/** The queues of a stack, each with its dead-letter queue. */
export function createSqs({ queues, log, now = Date.now }: SqsOptions): Sqs {
  const listeners = new Map<string, (() => void)[]>();
  const byArn = new Map<string, Queue>(
    queues.map((spec) => [
      spec.arn,
      createQueue(spec, {
        now,
        toDeadLetters: (message) => {
          log(
            `sqs: the message ${message.id} was received ${spec.redrive?.maxReceiveCount} times and goes to the dead letters of ${spec.name}`,
          );
          find(spec.redrive?.deadLetterArn ?? "").take(message);
        },
        toSource: (source, { body, senderId, attributes, order }) =>
          find(source).send(body, senderId, { attributes, ...order }),
        onArrival: () => {
          for (const listener of listeners.get(spec.arn) ?? []) listener();
        },
      }),
    ]),
  );
  for (const { name, redrive, fifo } of queues) {
    if ((fifo !== undefined) !== name.endsWith(".fifo"))
      throw new Error(
        `${name}: The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix; and a standard queue's must not.`,
      );
    if (redrive && (fifo !== undefined) !== redrive.deadLetterArn.endsWith(".fifo"))
      throw new Error(`${name}: Dead-letter queue must be same type of queue as the source.`);
    if (redrive && !byArn.has(redrive.deadLetterArn))
      throw new Error(`${name}: its dead-letter queue ${redrive.deadLetterArn} is not in the stack.`);
  }

  function find(arn: string): Queue {
    const queue = byArn.get(arn);
    if (!queue) throw new Error(`The queue ${arn} is not in the stack.`);
    return queue;
  }

  return {
    queue: find,
    onArrival(queueArn, listener) {
      listeners.set(queueArn, [...(listeners.get(queueArn) ?? []), listener]);
    },
  };
}
