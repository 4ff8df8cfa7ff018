import { createHash, randomUUID } from "node:crypto";

export interface QueueSpec {
  readonly name: string;
  readonly arn: string;
  /** Seconds that a received message is hidden. */
  readonly visibilityTimeout: number;
  /** Seconds that a message is kept, from when it was sent. */
  readonly retention: number;
  readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number };
}

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly md5: string;
  readonly senderId: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly sentAt: number;
  readonly firstReceivedAt: number;
  readonly receiveCount: number;
  readonly receiptHandle: string;
}

interface Held extends DeadLetter {
  firstReceivedAt: number | undefined;
  receiveCount: number;
  receiptHandle: string | undefined;
  visibleAt: number;
}

/** What a queue hands to its dead-letter queue. */
export interface DeadLetter extends Pick<Message, "id" | "body" | "md5" | "senderId" | "sentAt"> {
  /** The ARN of the queue that gave it up; absent for what was sent here itself. */
  readonly source?: string;
}

export interface Queue {
  readonly spec: QueueSpec;
  send(body: string, senderId: string): void;
  /** Takes a message over from another queue, with its id and the time it was sent. */
  take(message: DeadLetter): void;
  /** Up to `limit` visible messages, oldest first, now hidden; what was received too often goes to the dead letters. */
  receive(limit: number): Message[];
  /** Passes over a receipt that a later receive has replaced, as SQS mostly does. */
  delete(receiptHandle: string): void;
  /**
   * Moves every message that could be received now back to the queue that gave it up, as a new message there. What was
   * sent here itself has nowhere to go and stays.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
   *
   * @returns how many it moved.
   */
  redrive(): number;
  /** Multiplies the rest of the time that a received message is hidden. */
  hasten(receiptHandle: string, factor: number): void;
  /** How many messages could be received now. */
  visible(): number;
  /** When the next message can be received; undefined for an empty queue. */
  nextVisibleAt(): number | undefined;
  /** All messages, hidden ones too. */
  messages(): readonly DeadLetter[];
}

export interface QueueOptions {
  readonly now: () => number;
  readonly toDeadLetters: (message: DeadLetter) => void;
  /** Sends what a dead-letter queue gives back. */
  readonly toSource: (source: string, message: DeadLetter) => void;
  /** Told that messages came in. */
  readonly onArrival: () => void;
}

/**
 * A standard queue.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
export function createQueue(
  spec: QueueSpec,
  { now, toDeadLetters, toSource, onArrival }: QueueOptions,
): Queue {
  const held = new Map<string, Held>();

  function add(message: DeadLetter): void {
    held.set(message.id, {
      ...message,
      firstReceivedAt: undefined,
      receiveCount: 0,
      receiptHandle: undefined,
      visibleAt: now(),
    });
    onArrival();
  }

  function expire(): void {
    for (const { id, sentAt } of held.values()) if (now() - sentAt > spec.retention * 1000) held.delete(id);
  }

  /** A receipt begins with its message's id; one that a later receive has replaced finds nothing. */
  function received(receiptHandle: string): Held | undefined {
    const message = held.get(receiptHandle.split("/")[0] ?? "");
    return message?.receiptHandle === receiptHandle ? message : undefined;
  }

  return {
    spec,
    send(body, senderId) {
      const md5 = createHash("md5").update(body).digest("hex");
      add({ id: randomUUID(), body, md5, senderId, sentAt: now() });
    },
    take: add,
    receive(limit) {
      expire();
      const batch: Message[] = [];
      for (const message of held.values()) {
        if (batch.length === limit) break;
        if (message.visibleAt > now()) continue;
        if (spec.redrive && message.receiveCount >= spec.redrive.maxReceiveCount) {
          held.delete(message.id);
          const { id, body, md5, senderId, sentAt } = message;
          toDeadLetters({ id, body, md5, senderId, sentAt, source: spec.arn });
          continue;
        }
        message.receiveCount += 1;
        message.firstReceivedAt ??= now();
        message.receiptHandle = `${message.id}/${randomUUID()}`;
        message.visibleAt = now() + spec.visibilityTimeout * 1000;
        const { firstReceivedAt, receiptHandle } = message;
        batch.push({ ...message, firstReceivedAt, receiptHandle });
      }
      return batch;
    },
    delete(receiptHandle) {
      const message = received(receiptHandle);
      if (message) held.delete(message.id);
    },
    redrive() {
      expire();
      let moved = 0;
      for (const message of [...held.values()]) {
        if (message.source === undefined || message.visibleAt > now()) continue;
        held.delete(message.id);
        toSource(message.source, message);
        moved += 1;
      }
      return moved;
    },
    hasten(receiptHandle, factor) {
      const message = received(receiptHandle);
      if (message) message.visibleAt = now() + Math.max(0, message.visibleAt - now()) * factor;
    },
    visible: () => [...held.values()].filter(({ visibleAt }) => visibleAt <= now()).length,
    nextVisibleAt() {
      expire();
      const times = [...held.values()].map(({ visibleAt }) => visibleAt);
      return times.length > 0 ? times.reduce((a, b) => Math.min(a, b)) : undefined;
    },
    messages: () =>
      [...held.values()].map(({ id, body, md5, senderId, sentAt }) => ({ id, body, md5, senderId, sentAt })),
  };
}
