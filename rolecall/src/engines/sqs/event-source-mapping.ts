import { setTimeout as sleep } from "node:timers/promises";
import type { Gate, Log } from "../../gate/types.ts";
import { type FunctionSpec, type InvokeResult, type Lambda, LambdaServiceError } from "../../lambda/types.ts";
import { compilePattern } from "../events/pattern.ts";
import { type Batch, toBatches } from "./batch.ts";
import { readBatchReport } from "./batch-report.ts";
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
  /** Event patterns; a message that fits none of them is deleted and never seen. */
  readonly filters?: readonly Readonly<Record<string, unknown>>[];
}

export interface MappingOptions {
  readonly sqs: Sqs;
  readonly gate: Gate;
  readonly lambda: Lambda;
  readonly region: string;
  readonly log: Log;
  /** Multiplies the wait of what the function gave back or had no room for; 1 (the default) waits as long as AWS. */
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

/** Seconds that a batch waits when the function has no room: twice as long each time. */
const throttle = { firstWait: 1, longestWait: 60 };

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
  /** Received already, but too much for one event. */
  const waiting: Batch[] = [];
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let window: NodeJS.Timeout | "over" | undefined;
  const filters = (spec.filters ?? []).map((pattern) =>
    compilePattern(pattern, `${target.key}: FilterCriteria`),
  );
  checkAtCreation();

  function outcomeOf(action: (typeof pollActions)[number]) {
    return gate.authorize(target.principal, { action, resource: queueArn, context: {} }).outcome;
  }

  function may(action: (typeof pollActions)[number]): boolean {
    return outcomeOf(action) === "allowed";
  }

  function checkAtCreation(): void {
    for (const action of pollActions) {
      // With a policy that is not known, it may be deployable: polling is denied all the same, and says why.
      if (["allowed", "unknown"].includes(outcomeOf(action))) continue;
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
    if (queue.spec.fifo && (spec.batchingWindow > 0 || batchSize > 10)) {
      throw new Error(
        `${target.key}: a FIFO queue has batches of up to 10 messages and no batching window: Batching window is not supported for FIFO queues.`,
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
    while (!closing.signal.aborted && running.size < (spec.maximumConcurrency ?? defaultConcurrency)) {
      const batch = waiting.shift();
      if (batch !== undefined) {
        run(batch);
        continue;
      }
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
      waiting.push(...toBatches(wanted(queue.receive(batchSize)), { queueArn, region }));
    }
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html */
  function wanted(messages: readonly Message[]): readonly Message[] {
    if (filters.length === 0) return messages;
    const fits = ({ body, attributes = {} }: Message) =>
      filters.some((test) => test(filtered(body, attributes)));
    const deleting = messages.filter((message) => !fits(message));
    if (deleting.length > 0 && may("sqs:DeleteMessage"))
      for (const { receiptHandle } of deleting) queue.delete(receiptHandle);
    return messages.filter(fits);
  }

  function run(batch: Batch): void {
    const delivery: Promise<void> = deliver(batch).finally(() => {
      running.delete(delivery);
      poll();
    });
    running.add(delivery);
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

  async function deliver(batch: Batch): Promise<void> {
    const { messages } = batch;
    const failed = await invoke(batch).catch((error: unknown) => {
      if (!closing.signal.aborted)
        log(`lambda: ${target.key} could not be invoked with a batch of ${messages.length}: ${error}`);
      return idsOf(batch);
    });
    const done = messages.filter(({ id }) => !failed.has(id));
    if (waitFactor !== 1) {
      for (const { id, receiptHandle } of messages)
        if (failed.has(id)) queue.hasten(receiptHandle, waitFactor);
    }
    if (done.length === 0) return;
    if (may("sqs:DeleteMessage")) for (const { receiptHandle } of done) queue.delete(receiptHandle);
    else
      log(
        `lambda: ${done.length} messages that ${target.key} handled will come again: its role may not delete them`,
      );
  }

  /** @returns the ids of the messages that go back to the queue. */
  async function invoke(batch: Batch): Promise<ReadonlySet<string>> {
    const ids = idsOf(batch);
    const result = await invokeWithRoom(batch);
    if (result.functionError !== undefined) {
      // The end of the run ends what runs: that is no failure of the function.
      if (closing.signal.aborted) return ids;
      log(`lambda: ${target.key} failed on a batch of ${ids.size}: ${result.payload.errorMessage}`);
      return ids;
    }
    if (!spec.reportBatchItemFailures) return new Set();
    const failed = readBatchReport(result.payload, ids);
    if (failed !== undefined) return failed;
    log(
      `lambda: the whole batch of ${ids.size} goes back to the queue: what ${target.key} answered names no messages of it by batchItemFailures[].itemIdentifier`,
    );
    return ids;
  }

  /**
   * A batch that is throttled is tried again, less and less often, until its messages come back to the queue anyway.
   * It keeps its place among those that run, so that fewer and fewer are polled for.
   * https://docs.aws.amazon.com/lambda/latest/operatorguide/sqs-retries.html
   */
  async function invokeWithRoom(batch: Batch): Promise<InvokeResult> {
    let waited = 0;
    for (let wait = throttle.firstWait; ; wait = Math.min(2 * wait, throttle.longestWait)) {
      try {
        return await lambda.invoke(target.arn, batch.event);
      } catch (error) {
        const isThrottled = error instanceof LambdaServiceError && error.code === "TooManyRequestsException";
        if (!isThrottled || waited + wait > queue.spec.visibilityTimeout) throw error;
      }
      await sleep(wait * waitFactor * 1000, undefined, { signal: closing.signal });
      waited += wait;
    }
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
      closing.abort();
      clearTimeout(timer);
      if (window !== "over") clearTimeout(window);
      await Promise.allSettled(running);
    },
  };
}

/** What patterns see of a message: a body that is JSON is looked into. */
function filtered(body: string, attributes: object): object {
  try {
    return { body: JSON.parse(body), messageAttributes: attributes };
  } catch {
    return { body, messageAttributes: attributes };
  }
}

function idsOf({ messages }: Batch): ReadonlySet<string> {
  return new Set(messages.map(({ id }) => id));
}
