import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../gate/types.ts";
import { slots } from "./slots.ts";
import {
  type AsyncEnd,
  type AsyncLimits,
  type FunctionSpec,
  type InvokeResult,
  LambdaServiceError,
} from "./types.ts";

/** Seconds before the first and the second retry of an event whose invocation failed. */
const retryWaits = [60, 120];

/** Seconds: throttled events wait longer each time. */
const throttle = { firstWait: 1, longestWait: 300 };

/** What holds for a function that says nothing else. */
const usualLimits: AsyncLimits = { maximumRetryAttempts: 2, maximumEventAge: 21_600 };

/**
 * How many events a function has under way: the others wait in the queue. Each may need a process here, and a hundred
 * of them leave nothing of the machine to whoever waits for an answer.
 */
const eventsAtOnce = 10;

export interface AsyncInvoker {
  enqueue(spec: FunctionSpec, payload: string, requestId: string): void;
  drain(): Promise<void>;
  /** Drops the events that wait. */
  close(): void;
}

export interface AsyncInvokerOptions {
  run(spec: FunctionSpec, payload: string, requestId: string): Promise<InvokeResult>;
  /** Of those functions that have their own. */
  readonly limits: (spec: FunctionSpec) => AsyncLimits | undefined;
  /** Told of every event that ended, one way or the other. */
  readonly onEnd: (spec: FunctionSpec, end: AsyncEnd) => void;
  readonly log: Log;
  readonly waitFactor: number;
}

/**
 * Lambda's queue of asynchronous events.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function createAsyncInvoker({
  run,
  limits,
  onEnd,
  log,
  waitFactor,
}: AsyncInvokerOptions): AsyncInvoker {
  const events = new Set<Promise<void>>();
  const closing = new AbortController();
  const rooms = new Map<FunctionSpec, ReturnType<typeof slots>>();

  function roomOf(spec: FunctionSpec) {
    const room = rooms.get(spec) ?? slots(eventsAtOnce);
    rooms.set(spec, room);
    return room;
  }

  async function deliver(spec: FunctionSpec, payload: string, requestId: string): Promise<void> {
    const { maximumRetryAttempts, maximumEventAge } = limits(spec) ?? usualLimits;
    let failures = 0;
    let throttles = 0;
    let age = 0;
    for (;;) {
      const { outcome, result } = await roomOf(spec)(() => attempt(spec, payload, requestId));
      if (outcome === "closed") return;
      const invokeCount = outcome === "throttled" ? failures : failures + 1;
      const end = (condition: AsyncEnd["condition"]) =>
        onEnd(spec, { requestId, payload, condition, invokeCount, ...(result && { result }) });
      if (outcome === "done") return end("Success");

      let wait: number | undefined;
      if (outcome === "throttled") {
        wait = Math.min(throttle.firstWait * 2 ** throttles, throttle.longestWait);
        throttles += 1;
      } else {
        wait = failures < maximumRetryAttempts ? retryWaits[failures] : undefined;
        failures += 1;
      }
      // What is reserved down to nothing is switched off: Lambda does not wait for that to change.
      const isOff = spec.reservedConcurrency === 0;
      if (wait === undefined || isOff || age + wait > maximumEventAge) {
        log(`lambda: the event ${requestId} for ${spec.key} is dropped after its last attempt`);
        return end(
          isOff ? "ZeroReservedConcurrency" : wait === undefined ? "RetriesExhausted" : "EventAgeExceeded",
        );
      }
      age += wait;
      await sleep(wait * waitFactor * 1000, undefined, { signal: closing.signal });
    }
  }

  async function attempt(
    spec: FunctionSpec,
    payload: string,
    requestId: string,
  ): Promise<{ outcome: "done" | "failed" | "throttled" | "closed"; result?: InvokeResult }> {
    if (closing.signal.aborted) return { outcome: "closed" };
    try {
      const result = await run(spec, payload, requestId);
      if (result.functionError === undefined) return { outcome: "done", result };
      // The end of the run ends what runs: that is no failure of the function.
      if (closing.signal.aborted) return { outcome: "closed" };
      log(`lambda: ${spec.key} failed on the event ${requestId}: ${result.payload.errorMessage}`);
      return { outcome: "failed", result };
    } catch (error) {
      if (error instanceof LambdaServiceError && error.code === "TooManyRequestsException")
        return { outcome: "throttled" };
      if (closing.signal.aborted) return { outcome: "closed" };
      log(`lambda: ${spec.key} could not be invoked with the event ${requestId}: ${error}`);
      return { outcome: "failed" };
    }
  }

  return {
    enqueue: (spec, payload, requestId) => {
      const event: Promise<void> = deliver(spec, payload, requestId)
        .catch(() => {}) // Only closing breaks off a wait.
        .finally(() => events.delete(event));
      events.add(event);
    },
    drain: async () => {
      while (events.size > 0) await Promise.all(events);
    },
    close: () => closing.abort(),
  };
}
