import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type InstanceEnvironment, instanceEnvironment } from "./environment.ts";
import { type RuntimeApi, type RuntimeReport, responseLimit, startRuntimeApi } from "./runtime-api.ts";
import type { FunctionErrorPayload, FunctionSpec, InvokeResult } from "./types.ts";

const bootstrap = fileURLToPath(new URL("bootstrap.mjs", import.meta.url));

/** Seconds. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib */
const initLimit = 10;

/** Shares of a function's memory for the JavaScript heap's generations; the rest is for buffers and the runtime. */
const heapShare = { old: 0.85, semiSpace: 0.05 };

/** An execution environment: one process, one invocation at a time. */
export interface Instance {
  /** False once the process is gone or about to go. */
  readonly alive: boolean;
  /** When the credentials that the instance started with end. */
  readonly credentialsExpire: Date;
  /** Never rejects: a function that times out or crashes is a result too. */
  invoke(requestId: string, payload: string): Promise<InvokeResult>;
  /** Ends the process; resolves when it is gone. */
  end(): Promise<void>;
}

export interface InstanceOptions extends Omit<InstanceEnvironment, "runtimeApi" | "runtimeDir"> {
  /** Takes each line of stdout and stderr, with the invocation it belongs to. */
  readonly line: (requestId: string | undefined, line: string) => void;
}

/** Starts an instance; it initialises while the first invocation already waits. */
export async function startInstance(spec: FunctionSpec, options: InstanceOptions): Promise<Instance> {
  let alive = true;
  let invocation: { readonly id: string; readonly settle: (result: InvokeResult) => void } | undefined;
  /** Whose lines are written now; nobody's during initialisation. */
  let writer: string | undefined;
  /** A failed initialisation, kept for the invocation that it fails. */
  let initError: FunctionErrorPayload | undefined;
  const ready = Promise.withResolvers<void>();

  await mkdir(options.temp, { recursive: true });
  const api = await startRuntimeApi(hear);
  const child = start(spec, options, api);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => options.line(writer, line));
  }
  const gone = exit(child).then(async (reason) => {
    alive = false;
    api.close();
    await outputRead();
    invocation?.settle(crashed(invocation.id, reason));
    return reason;
  });

  function hear(said: RuntimeReport): void {
    if (said.type === "ready") ready.resolve();
    else if (said.type === "init error") initError = JSON.parse(said.body);
    else if (said.type === "response") invocation?.settle({ payload: JSON.parse(said.body) });
    else if (said.type === "error") invocation?.settle(failed(JSON.parse(said.body)));
    else invocation?.settle(failed(responseTooLarge));
  }

  function crashed(id: string, reason: string): InvokeResult {
    return failed(initError ?? platformError(id, "Runtime.ExitError", reason));
  }

  /** Ends the instance unless the function answers in time. */
  function limit(id: string, seconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      alive = false;
      child.kill("SIGKILL");
      const reason = `Task timed out after ${seconds.toFixed(2)} seconds`;
      options.line(id, `${new Date().toISOString()} ${id} ${reason}`);
      invocation?.settle(failed(platformError(id, "Sandbox.Timedout", reason)));
    }, seconds * 1000);
  }

  return {
    get alive() {
      return alive;
    },
    credentialsExpire: options.credentials.expiration,
    invoke: async (id, payload) => {
      if (!alive) return crashed(id, await gone);
      const answer = Promise.withResolvers<InvokeResult>();
      invocation = { id, settle: answer.resolve };

      let timer = limit(id, initLimit);
      await Promise.race([ready.promise, answer.promise]);
      clearTimeout(timer);
      if (alive) {
        writer = id;
        timer = limit(id, spec.timeout);
        api.deliver({
          requestId: id,
          functionArn: spec.arn,
          payload,
          deadline: Date.now() + spec.timeout * 1000,
        });
      }
      const result = await answer.promise;
      clearTimeout(timer);
      invocation = undefined;
      await outputRead();
      return result;
    },
    end: async () => {
      alive = false;
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** What a process wrote before it answered or ended is still in its pipes: one full turn of the loop reads it. */
async function outputRead(): Promise<void> {
  await turn();
  await turn();
}

function start(
  spec: FunctionSpec,
  options: InstanceOptions,
  api: RuntimeApi,
): ChildProcessWithoutNullStreams {
  const environment = { ...options, runtimeApi: api.address, runtimeDir: dirname(bootstrap) };
  const heap = [
    `--max-old-space-size=${Math.floor(spec.memory * heapShare.old)}`,
    `--max-semi-space-size=${Math.ceil(spec.memory * heapShare.semiSpace)}`,
  ];
  return spawn(
    process.execPath,
    [...heap, bootstrap],
    // stdin is never written to: it closes when this process ends, and the bootstrap ends with it.
    { cwd: options.taskRoot, env: instanceEnvironment(spec, environment), stdio: "pipe", windowsHide: true },
  );
}

/** Why the process ended, in Lambda's words. */
function exit(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`Runtime failed to start: ${error.message}`));
    child.once("exit", (code, signal) => {
      if (signal !== null) resolve(`Runtime exited with error: signal: ${signalName(signal)}`);
      else if (code === 0) resolve("Runtime exited without providing a reason");
      else resolve(`Runtime exited with error: exit status ${code}`);
    });
  });
}

function signalName(signal: NodeJS.Signals): string {
  const names: Partial<Record<NodeJS.Signals, string>> = {
    SIGABRT: "aborted",
    SIGKILL: "killed",
    SIGSEGV: "segmentation fault",
    SIGTERM: "terminated",
  };
  return names[signal] ?? signal;
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
