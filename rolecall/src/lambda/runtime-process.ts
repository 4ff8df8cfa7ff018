import { type ChildProcess, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type InstanceEnvironment, instanceEnvironment } from "./environment.ts";
import { readLogEvents } from "./log-events.ts";
import { type Invocation, type RuntimeApi, type RuntimeReport, startRuntimeApi } from "./runtime-api.ts";
import type { FunctionSpec } from "./types.ts";

const bootstrap = fileURLToPath(new URL("bootstrap.mjs", import.meta.url));

/** Shares of a function's memory for the JavaScript heap's generations; the rest is for buffers and the runtime. */
const heapShare = { old: 0.85, semiSpace: 0.05 };

/** The pipe that wakes a frozen process; bootstrap.mjs reads it. */
const thawPipe = 3;

/** What a process says, or what becomes of it. */
export type RuntimeEvent =
  | RuntimeReport
  | { readonly type: "gone" /** In Lambda's words. */; readonly reason: string }
  | { readonly type: "timeout" };

export interface RuntimeProcess {
  /** False once the process is gone. */
  readonly alive: boolean;
  /** Whether the process answered its last invocation, and is frozen or about to be. */
  readonly answered: boolean;
  /** What the process says next, or what becomes of it; "timeout" when that takes longer. */
  next(milliseconds: number): Promise<RuntimeEvent>;
  /** Wakes the process where it is frozen, and gives it its next invocation. */
  deliver(invocation: Invocation): void;
  kill(): void;
  /** Resolves when the process is gone and what it wrote was read. */
  readonly gone: Promise<void>;
}

export interface RuntimeProcessOptions extends Omit<InstanceEnvironment, "runtimeApi" | "runtimeDir"> {
  /** Takes each log event of stdout and stderr. */
  readonly write: (event: string) => void;
}

/** Starts a process that initialises a function; "ready" is the first that it says when that went well. */
export async function startRuntimeProcess(
  spec: FunctionSpec,
  options: RuntimeProcessOptions,
): Promise<RuntimeProcess> {
  let alive = true;
  let answered = false;
  const events: RuntimeEvent[] = [];
  let hear: ((event: RuntimeEvent) => void) | undefined;

  await mkdir(options.temp, { recursive: true });
  const api = await startRuntimeApi((said) => {
    if (said.type === "response" || said.type === "error" || said.type === "response too large") {
      answered = true;
      // What it logged before it answered comes first.
      void outputRead().then(() => emit(said));
    } else emit(said);
  });
  const child = start(spec, options, api);
  for (const stream of [child.stdout, child.stderr]) if (stream) readLogEvents(stream, options.write);
  const thaw = child.stdio[thawPipe] as Writable | null;
  // Writing to a process that has just ended is no error of ours.
  thaw?.on("error", () => {});
  const gone = exit(child).then(async (reason) => {
    alive = false;
    api.close();
    await outputRead();
    emit({ type: "gone", reason });
  });

  function emit(event: RuntimeEvent): void {
    if (hear === undefined) events.push(event);
    else hear(event);
  }

  return {
    get alive() {
      return alive;
    },
    get answered() {
      return answered;
    },
    gone,
    next: async (milliseconds) => {
      const waiting = events.shift();
      if (waiting !== undefined) return waiting;
      return new Promise((resolve) => {
        const timer = setTimeout(() => hear?.({ type: "timeout" }), milliseconds);
        hear = (event) => {
          hear = undefined;
          clearTimeout(timer);
          resolve(event);
        };
      });
    },
    deliver: (invocation) => {
      api.deliver(invocation);
      if (answered) thaw?.write("\n");
      answered = false;
    },
    kill: () => child.kill("SIGKILL"),
  };
}

/** What a process wrote before it answered or ended is still in its pipes: one full turn of the loop reads it. */
async function outputRead(): Promise<void> {
  await turn();
  await turn();
}

function start(spec: FunctionSpec, options: RuntimeProcessOptions, api: RuntimeApi): ChildProcess {
  const environment = { ...options, runtimeApi: api.address, runtimeDir: dirname(bootstrap) };
  const heap = [
    `--max-old-space-size=${Math.floor(spec.memory * heapShare.old)}`,
    `--max-semi-space-size=${Math.ceil(spec.memory * heapShare.semiSpace)}`,
  ];
  return spawn(process.execPath, [...heap, bootstrap], {
    cwd: options.taskRoot,
    env: instanceEnvironment(spec, environment),
    // stdin is never written to. It and the fourth pipe close when this process ends, and the bootstrap ends with them.
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    windowsHide: true,
  });
}

/** Why the process ended, in Lambda's words. */
function exit(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`Runtime failed to start: ${error.message}`));
    child.once("exit", (code, signal) => {
      if (signal !== null) resolve(`Runtime exited with error: signal: ${signalName(signal)}`);
      else if (code === 0) resolve("Runtime exited without providing a reason");
      else if (isAbort(code)) resolve("Runtime exited with error: signal: aborted");
      else resolve(`Runtime exited with error: exit status ${code}`);
    });
  });
}

/** Windows has no signals: there Node.js aborts, when its heap is full, with this status. */
function isAbort(code: number | null): boolean {
  return process.platform === "win32" && code === 134;
}

function signalName(signal: NodeJS.Signals): string {
  const names: Partial<Record<NodeJS.Signals, string>> = {
    SIGABRT: "aborted",
    SIGKILL: "killed",
    SIGSEGV: "segmentation fault",
    SIGTERM: "terminated",
    SIGTRAP: "trace/breakpoint trap",
  };
  return names[signal] ?? signal;
}
