import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../gate/types.ts";
import { slots } from "./slots.ts";
import { type FunctionSpec, type InvokeResult, LambdaServiceError } from "./types.ts";

/** Seconds before the first and the second retry of an event whose invocation failed. */
const retryWaits = [60, 120];

/** Seconds: throttled events wait longer each time, and no event is older than six hours. */
const throttle = { firstWait: 1, longestWait: 300, oldest: 21_600 };

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
  readonly log: Log;
  readonly waitFactor: number;
}

/**
 * Lambda's queue of asynchronous events.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function createAsyncInvoker({ run, log, waitFactor }: AsyncInvokerOptions): AsyncInvoker {
  const events = new Set<Promise<void>>();
  const closing = new AbortController();
  const rooms = new Map<FunctionSpec, ReturnType<typeof slots>>();

  function roomOf(spec: FunctionSpec) {
    const room = rooms.get(spec) ?? slots(eventsAtOnce);
    rooms.set(spec, room);
    return room;
  }

  async function deliver(spec: FunctionSpec, payload: string, requestId: string): Promise<void> {
    let failures = 0;
    let throttles = 0;
    let age = 0;
    for (;;) {
      const outcome = await roomOf(spec)(() => attempt(spec, payload, requestId));
      if (outcome === "done") return;

      let wait: number | undefined;
      if (outcome === "throttled") {
        wait = Math.min(throttle.firstWait * 2 ** throttles, throttle.longestWait);
        throttles += 1;
      } else {
        wait = retryWaits[failures];
        failures += 1;
      }
      // What is reserved down to nothing is switched off: Lambda does not wait for that to change.
      if (wait === undefined || spec.reservedConcurrency === 0 || age + wait > throttle.oldest) {
        log(`lambda: the event ${requestId} for ${spec.key} is dropped after its last attempt`);
        return;
      }
      age += wait;
      await sleep(wait * waitFactor * 1000, undefined, { signal: closing.signal });
    }
  }

  async function attempt(
    spec: FunctionSpec,
    payload: string,
    requestId: string,
  ): Promise<"done" | "failed" | "throttled"> {
    if (closing.signal.aborted) return "failed";
    try {
      const result = await run(spec, payload, requestId);
      if (result.functionError === undefined) return "done";
      // The end of the run ends what runs: that is no failure of the function.
      if (closing.signal.aborted) return "failed";
      log(`lambda: ${spec.key} failed on the event ${requestId}: ${result.payload.errorMessage}`);
      return "failed";
    } catch (error) {
      if (error instanceof LambdaServiceError && error.code === "TooManyRequestsException")
        return "throttled";
      if (!closing.signal.aborted)
        log(`lambda: ${spec.key} could not be invoked with the event ${requestId}: ${error}`);
      return "failed";
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
