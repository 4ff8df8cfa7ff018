import { createHash, randomUUID } from "node:crypto";
import type { MessageAttributes } from "../../gate/targets/targets.ts";

export interface QueueSpec {
  readonly name: string;
  readonly arn: string;
  /** Seconds that a received message is hidden. */
  readonly visibilityTimeout: number;
  /** Seconds that a message is kept, from when it was sent. */
  readonly retention: number;
  /** Of a queue whose name ends in `.fifo`. */
  readonly fifo?: {
    /** Whether two messages of the same body are one. */
    readonly deduplicatesByContent: boolean;
  };
  readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number };
}

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly md5: string;
  readonly senderId: string;
  readonly attributes?: MessageAttributes | undefined;
  /** Of a FIFO queue. */
  readonly order?: MessageOrder | undefined;
  /** Milliseconds since the epoch, as all times here. */
  readonly sentAt: number;
  readonly firstReceivedAt: number;
  readonly receiveCount: number;
  readonly receiptHandle: string;
}

export interface MessageOrder {
  readonly groupId: string;
  readonly deduplicationId: string;
  /** Grows with every message of the queue. */
  readonly sequenceNumber: string;
}

/** What a sender can say of a message. */
export interface SendOptions {
  readonly attributes?: MessageAttributes | undefined;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
}

interface Held extends DeadLetter {
  firstReceivedAt: number | undefined;
  receiveCount: number;
  receiptHandle: string | undefined;
  visibleAt: number;
}

/** What a queue hands to its dead-letter queue. */
export interface DeadLetter
  extends Pick<Message, "id" | "body" | "md5" | "senderId" | "sentAt" | "attributes" | "order"> {
  /** The ARN of the queue that gave it up; absent for what was sent here itself. */
  readonly source?: string;
}

export interface Queue {
  readonly spec: QueueSpec;
  /** @throws Error for a message without a group in a FIFO queue, or without what tells it from its copies there. */
  send(body: string, senderId: string, options?: SendOptions): void;
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

/** Milliseconds in which a FIFO queue takes a message of the same deduplication id for the same message. */
const deduplicationInterval = 5 * 60_000;

/**
 * A queue.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export function createQueue(
  spec: QueueSpec,
  { now, toDeadLetters, toSource, onArrival }: QueueOptions,
): Queue {
  const held = new Map<string, Held>();
  /** Until when each deduplication id stands for a message that came. */
  const seen = new Map<string, number>();
  let sequence = 0n;

  /** @returns undefined for a copy of what came already. */
  function orderOf(body: string, { groupId, deduplicationId }: SendOptions): MessageOrder | undefined {
    if (!groupId) throw new Error("The request must contain the parameter MessageGroupId.");
    const id =
      deduplicationId ??
      (spec.fifo?.deduplicatesByContent ? createHash("sha256").update(body).digest("hex") : undefined);
    if (id === undefined)
      throw new Error(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
      );
    for (const [old, until] of seen) if (until <= now()) seen.delete(old);
    if (seen.has(id)) return undefined;
    seen.set(id, now() + deduplicationInterval);
    sequence += 1n;
    return { groupId, deduplicationId: id, sequenceNumber: sequence.toString().padStart(20, "0") };
  }

  /**
   * The messages that could be received now. In a FIFO queue none follows one of its group that somebody has or that is
   * to come again later.
   */
  function* available(): Generator<Held> {
    const blocked = new Set<string>();
    if (spec.fifo)
      for (const { order, visibleAt } of held.values())
        if (order && visibleAt > now()) blocked.add(order.groupId);
    for (const message of held.values())
      if (message.visibleAt <= now() && !(message.order && blocked.has(message.order.groupId))) yield message;
  }

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
    send(body, senderId, options = {}) {
      const order = spec.fifo ? orderOf(body, options) : undefined;
      if (spec.fifo && order === undefined) return;
      const md5 = createHash("md5").update(body).digest("hex");
      const { attributes } = options;
      add({ id: randomUUID(), body, md5, senderId, sentAt: now(), attributes, order });
    },
    take: add,
    receive(limit) {
      expire();
      const batch: Message[] = [];
      // Found first: a message that is taken hides those behind it in its group from others, not from this batch.
      for (const message of [...available()]) {
        if (batch.length === limit) break;
        if (spec.redrive && message.receiveCount >= spec.redrive.maxReceiveCount) {
          held.delete(message.id);
          toDeadLetters({ ...letterOf(message), source: spec.arn });
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
    visible: () => [...available()].length,
    nextVisibleAt() {
      expire();
      const times = new Map<string, number>();
      for (const { id, order, visibleAt } of held.values()) {
        // A group comes again when the last of its messages that somebody has does.
        const key = order ? `group ${order.groupId}` : id;
        times.set(key, Math.max(times.get(key) ?? 0, visibleAt));
      }
      return times.size > 0 ? [...times.values()].reduce((a, b) => Math.min(a, b)) : undefined;
    },
    messages: () => [...held.values()].map(letterOf),
  };
}

/** A message as it was sent, without what its receivers made of it. */
function letterOf({ id, body, md5, senderId, sentAt, attributes, order }: Held): DeadLetter {
  return { id, body, md5, senderId, sentAt, ...(attributes && { attributes }), ...(order && { order }) };
}
