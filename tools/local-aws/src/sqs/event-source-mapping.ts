import * as v from "valibot";
import type { FunctionSpec, Lambda } from "../lambda/types.ts";
import type { Gate, Log } from "../types.ts";
import type { Message } from "./queue.ts";
import type { Sqs } from "./sqs.ts";

export interface MappingSpec {
  readonly queueArn: string;
  readonly target: FunctionSpec;
  readonly batchSize: number;
  /** Seconds to wait for a batch to fill. */
  readonly batchingWindow: number;
  /** How many invocations may run at once: 2 to 1000. */
  readonly maximumConcurrency?: number;
  readonly reportBatchItemFailures: boolean;
}

export interface MappingOptions {
  readonly sqs: Sqs;
  readonly gate: Gate;
  readonly lambda: Lambda;
  readonly region: string;
  readonly log: Log;
  /** Multiplies the wait of a message that the function gave back; 1 (the default) waits as long as AWS. */
  readonly waitFactor?: number;
  /** Milliseconds since the epoch, the same clock as the queues'. */
  readonly now?: () => number;
}

export interface EventSourceMapping {
  /** Resolves when no batch runs and none can be received; hidden messages may still come back later. */
  drain(): Promise<void>;
  /** Receives no more, and waits for the batches that run. */
  close(): Promise<void>;
}

const pollActions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"] as const;

/** Without a maximum, Lambda begins with this many pollers. */
const defaultConcurrency = 5;

const reportSchema = v.nullish(
  v.object({ batchItemFailures: v.nullish(v.array(v.object({ itemIdentifier: v.string() })), []) }),
  { batchItemFailures: [] },
);

/**
 * Polls a queue with the function's role, and invokes the function with batches.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 *
 * @throws Error for what Lambda refuses when the mapping is created, in its words.
 */
export function createEventSourceMapping(spec: MappingSpec, options: MappingOptions): EventSourceMapping {
  const { sqs, gate, lambda, region, log, waitFactor = 1, now = Date.now } = options;
  const { target, queueArn, batchSize } = spec;
  const queue = sqs.queue(queueArn);
  const running = new Set<Promise<void>>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let window: NodeJS.Timeout | "over" | undefined;
  checkAtCreation();

  function may(action: (typeof pollActions)[number]): boolean {
    return (
      gate.authorize(target.principal, { action, resource: queueArn, context: {} }).outcome === "allowed"
    );
  }

  function checkAtCreation(): void {
    for (const action of pollActions) {
      if (may(action)) continue;
      throw new Error(
        `${target.key}: The provided execution role does not have permissions to call ${action.slice(4)} on SQS`,
      );
    }
    const { visibilityTimeout } = queue.spec;
    if (visibilityTimeout < target.timeout) {
      throw new Error(
        `${target.key}: Queue visibility timeout: ${visibilityTimeout} seconds is less than Function timeout: ${target.timeout} seconds`,
      );
    }
    if (batchSize < 1 || batchSize > 10_000 || (batchSize > 10 && spec.batchingWindow < 1)) {
      throw new Error(
        `${target.key}: batchSize is ${batchSize}; it is 1 to 10, or up to 10000 with a batching window of a second or more.`,
      );
    }
    const { maximumConcurrency = 2 } = spec;
    if (maximumConcurrency < 2 || maximumConcurrency > 1000) {
      throw new Error(`${target.key}: maximumConcurrency is ${maximumConcurrency}; it is 2 to 1000.`);
    }
  }

  /** Polling happens in timers, where an error would end the process. */
  function poll(): void {
    try {
      receiveAll();
    } catch (error) {
      log(`lambda: polling ${queueArn} for ${target.key} failed: ${error}`);
    }
  }

  function receiveAll(): void {
    clearTimeout(timer);
    while (!closed && running.size < (spec.maximumConcurrency ?? defaultConcurrency)) {
      const next = queue.nextVisibleAt();
      if (next === undefined) return;
      if (next > now()) {
        // setTimeout takes no more than 2^31 milliseconds, and may fire a moment early.
        timer = setTimeout(poll, Math.min(next - now() + 1, 2 ** 31 - 1));
        timer.unref();
        return;
      }
      if (mustFill()) return;
      if (!may("sqs:ReceiveMessage")) {
        log(
          `lambda: polling ${queueArn} for ${target.key} ended: its role may not receive messages any more`,
        );
        return;
      }
      const batch = queue.receive(batchSize);
      if (batch.length === 0) continue;
      const run: Promise<void> = deliver(batch).finally(() => {
        running.delete(run);
        poll();
      });
      running.add(run);
    }
  }

  /** A full batch goes at once; one that is not waits for more, at most for the window from its first message on. */
  function mustFill(): boolean {
    if (spec.batchingWindow === 0 || queue.visible() >= batchSize) return false;
    if (window === "over") {
      window = undefined;
      return false;
    }
    window ??= setTimeout(() => {
      window = "over";
      poll();
    }, spec.batchingWindow * 1000);
    return true;
  }

  async function deliver(batch: readonly Message[]): Promise<void> {
    const failed = await invoke(batch).catch((error: unknown) => {
      log(`lambda: ${target.key} could not be invoked with a batch of ${batch.length}: ${error}`);
      return new Set(batch.map(({ id }) => id));
    });
    const done = batch.filter(({ id }) => !failed.has(id));
    if (waitFactor !== 1) {
      for (const { id, receiptHandle } of batch) if (failed.has(id)) queue.hasten(receiptHandle, waitFactor);
    }
    if (done.length === 0) return;
    if (may("sqs:DeleteMessage")) for (const { receiptHandle } of done) queue.delete(receiptHandle);
    else
      log(
        `lambda: ${done.length} messages that ${target.key} handled will come again: its role may not delete them`,
      );
  }

  /** @returns the ids of the messages that go back to the queue. */
  async function invoke(batch: readonly Message[]): Promise<ReadonlySet<string>> {
    const ids = new Set(batch.map(({ id }) => id));
    const result = await lambda.invoke(target.arn, { Records: batch.map(record) });
    if (result.functionError !== undefined) {
      log(`lambda: ${target.key} failed on a batch of ${batch.length}: ${result.payload.errorMessage}`);
      return ids;
    }
    if (!spec.reportBatchItemFailures) return new Set();
    const report = v.safeParse(reportSchema, result.payload);
    const failed = report.success
      ? (report.output?.batchItemFailures ?? []).map((item) => item.itemIdentifier)
      : [""];
    // An id that is not in the batch, and an answer that is no report, return the whole batch.
    return failed.every((id) => ids.has(id)) ? new Set(failed) : ids;
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
  function record(message: Message) {
    return {
      messageId: message.id,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(message.receiveCount),
        SentTimestamp: String(message.sentAt),
        SenderId: message.senderId,
        ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
      },
      messageAttributes: {},
      md5OfBody: message.md5,
      eventSource: "aws:sqs",
      eventSourceARN: queueArn,
      awsRegion: region,
    };
  }

  sqs.onArrival(queueArn, () => queueMicrotask(poll));
  poll();

  return {
    async drain() {
      // Arrivals are polled for in a microtask, so let those that are on their way come first.
      await Promise.resolve();
      while (running.size > 0) await Promise.allSettled(running);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      if (window !== "over") clearTimeout(window);
      await Promise.allSettled(running);
    },
  };
}
