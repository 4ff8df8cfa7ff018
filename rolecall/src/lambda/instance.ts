import { responseLimit } from "./runtime-api.ts";
import {
  type RuntimeEvent,
  type RuntimeProcess,
  type RuntimeProcessOptions,
  startRuntimeProcess,
} from "./runtime-process.ts";
import type { FunctionErrorPayload, FunctionSpec, InvocationReport, InvokeResult } from "./types.ts";

/**
 * An execution environment: one invocation at a time, in a process that a crash or a timeout ends and the next
 * invocation starts anew; its directory for temporary files and its log stream stay.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export interface Instance {
  /** False once it was ended. */
  readonly alive: boolean;
  /** When the credentials that the instance started with end. */
  readonly credentialsExpire: Date;
  /**
   * Initialises, once: the first initialisation has a limit of its own. One that fails is tried again within the first
   * invocation.
   */
  start(): Promise<void>;
  /** A function that times out or crashes is a result too. */
  invoke(requestId: string, payload: string, options: InvokeOptions): Promise<InvokeResult>;
  /** Ends the process; resolves when it is gone. */
  end(): Promise<void>;
}

export interface InvokeOptions {
  /** Milliseconds after its delivery at which the event's process is killed, unless it has answered. */
  readonly killAfter: number | undefined;
}

export interface InstanceOptions extends Omit<RuntimeProcessOptions, "write"> {
  /** Seconds that the first initialisation may take. */
  readonly initLimit: number;
  /** Takes each log event, with the invocation it belongs to; with none while the process initialises. */
  readonly write: (requestId: string | undefined, event: string) => void;
  readonly report: (report: InvocationReport) => void;
}

/** How a phase of an instance's life ended, and what the caller is told of it. */
interface End {
  readonly outcome: InvocationReport["outcome"];
  readonly result: InvokeResult;
}

export function createInstance(spec: FunctionSpec, options: InstanceOptions): Instance {
  let runtime: RuntimeProcess | undefined;
  let ended = false;
  let initPhase: Promise<void> | undefined;
  /** Milliseconds that the initialisation took, until an invocation reports them. */
  let initMs: number | undefined;
  /** Whose lines are written now; nobody's during initialisation. */
  let writer: string | undefined;

  /** What Lambda itself writes; nothing of an end that this Lambda's own end brought. */
  function say(requestId: string | undefined, event: string): void {
    if (!ended) options.write(requestId, event);
  }

  /** Starts a process, and waits until it is ready or will never be. */
  async function initialise(phase: "init" | "invoke", milliseconds: number): Promise<RuntimeEvent> {
    if (ended) return { type: "gone", reason: "Runtime exited with error: signal: killed" };
    writer = undefined;
    const begin = performance.now();
    runtime = await startRuntimeProcess(spec, {
      ...options,
      write: (event) => options.write(writer, event),
    });
    if (ended) runtime.kill();
    const event = await runtime.next(milliseconds);
    if (event.type !== "ready") {
      await reset();
      const took = (performance.now() - begin).toFixed(2);
      say(undefined, `INIT_REPORT Init Duration: ${took} ms\tPhase: ${phase}\tStatus: ${initStatus(event)}`);
    }
    return event;
  }

  async function firstInitialisation(): Promise<void> {
    const begin = performance.now();
    const event = await initialise("init", options.initLimit * 1000);
    if (event.type === "ready") initMs = performance.now() - begin;
  }

  function start(): Promise<void> {
    initPhase ??= firstInitialisation();
    return initPhase;
  }

  async function invokePhase(
    id: string,
    payload: string,
    killAfter: number | undefined,
  ): Promise<RuntimeEvent> {
    const deadline = Date.now() + spec.timeout * 1000;
    const left = () => Math.max(0, deadline - Date.now());
    if (!runtime?.alive) {
      const event = await initialise("invoke", left());
      if (event.type !== "ready") return event;
    }
    // Alive, or initialised just now.
    const current = runtime as RuntimeProcess;
    writer = id;
    current.deliver({ requestId: id, functionArn: spec.arn, payload, deadline });
    const kill = () => {
      if (!current.answered) current.kill();
    };
    const killer = killAfter === undefined ? undefined : setTimeout(kill, killAfter);
    const event = await current.next(left());
    clearTimeout(killer);
    return event;
  }

  /** Ends what is left of the process; the next invocation starts another one. */
  async function reset(): Promise<void> {
    runtime?.kill();
    await runtime?.gone;
    runtime = undefined;
  }

  function endOf(event: RuntimeEvent, id: string): End {
    if (isOver(event)) {
      return killed(id, "out of memory", "Runtime.OutOfMemory", "Runtime exited with error: signal: killed");
    }
    switch (event.type) {
      case "response":
        return { outcome: "success", result: { payload: JSON.parse(event.body) } };
      case "error":
      case "init error":
        return { outcome: "error", result: failed(JSON.parse(event.body)) };
      case "response too large":
        return { outcome: "error", result: failed(responseTooLarge) };
      case "gone":
        return killed(id, "crash", "Runtime.ExitError", event.reason);
      case "timeout": {
        const reason = `Task timed out after ${spec.timeout.toFixed(2)} seconds`;
        say(id, `${new Date().toISOString()} ${id} ${reason}`);
        return { outcome: "timeout", result: failed(platformError(id, "Sandbox.Timedout", reason)) };
      }
      default:
        throw new Error(`${spec.key}: the runtime said ${event.type} in the middle of an invocation`);
    }
  }

  /** Whether the process has held more than the function's memory, at which AWS kills it. */
  function isOver(event: RuntimeEvent): boolean {
    if (event.type === "out of memory") return true;
    return "peakMemory" in event && event.peakMemory > spec.memory * 2 ** 20;
  }

  /** The process is gone before it answered. */
  function killed(id: string, outcome: End["outcome"], errorType: string, reason: string): End {
    const error = platformError(id, errorType, reason);
    say(id, `${error.errorMessage}\n${errorType}`);
    return { outcome, result: failed(error) };
  }

  return {
    get alive() {
      return !ended;
    },
    credentialsExpire: options.credentials.expiration,
    start,
    invoke: async (id, payload, { killAfter }) => {
      await start();
      const begin = performance.now();
      const event = await invokePhase(id, payload, killAfter);
      const durationMs = performance.now() - begin;
      const answered = ["response", "error", "response too large"].includes(event.type);
      if (!answered || isOver(event)) await reset();
      const { outcome, result } = endOf(event, id);
      const coldStart = initMs;
      initMs = undefined;
      if (ended) return result;
      options.report({
        functionKey: spec.key,
        requestId: id,
        durationMs,
        ...(coldStart !== undefined && { initMs: coldStart }),
        memoryMb: spec.memory,
        ...("peakMemory" in event && { maxMemoryMb: Math.ceil(event.peakMemory / 2 ** 20) }),
        outcome,
      });
      return result;
    },
    end: async () => {
      ended = true;
      runtime?.kill();
      await runtime?.gone;
    },
  };
}

function initStatus(event: RuntimeEvent): string {
  if (event.type === "timeout") return "timeout";
  const { errorType } =
    event.type === "init error"
      ? (JSON.parse(event.body) as FunctionErrorPayload)
      : { errorType: event.type === "out of memory" ? "Runtime.OutOfMemory" : "Runtime.ExitError" };
  return `error\tError Type: ${errorType}`;
}

const responseTooLarge: FunctionErrorPayload = {
  errorType: "Function.ResponseSizeTooLarge",
  errorMessage: `Response payload size exceeded maximum allowed payload size (${responseLimit} bytes).`,
};

function failed(payload: FunctionErrorPayload): InvokeResult {
  return { functionError: "Unhandled", payload };
}

function platformError(requestId: string, errorType: string, reason: string): FunctionErrorPayload {
  return { errorType, errorMessage: `RequestId: ${requestId} Error: ${reason}` };
}
