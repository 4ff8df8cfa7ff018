import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "../terminal/at-exit.ts";
import { createAsyncInvoker } from "./async-invoker.ts";
import { checkEnvironment } from "./environment.ts";
import { createInstance, type Instance } from "./instance.ts";
import { createInstancePool } from "./instance-pool.ts";
import { logStreamName, openLogStream } from "./log-stream.ts";
import {
  eventLimit,
  type FunctionSpec,
  type InvokeResult,
  type Lambda,
  type LambdaOptions,
  LambdaServiceError,
} from "./types.ts";
import { unpack } from "./unpack.ts";

/** Bytes of an event that is queued. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const asyncEventLimit = 1024 * 1024;

/**
 * Runs packaged functions as AWS Lambda does: each invocation in a process that knows nothing but its template's
 * variables and its role's temporary credentials.
 *
 * What it does not imitate: instances may write anywhere the developer may, and find no AWS SDK beside their code.
 *
 * @throws Error when a function's variables are refused, its zip cannot be unpacked, or more concurrency is reserved
 * than the account has.
 */
export async function createLambda(options: LambdaOptions): Promise<Lambda> {
  const { functions, log, concurrency = 10, initLimit = 10 } = options;
  for (const spec of functions) checkEnvironment(spec);
  const reserved = functions.reduce((sum, spec) => sum + (spec.reservedConcurrency ?? 0), 0);
  if (reserved > concurrency) {
    throw new Error(
      `The functions reserve ${reserved} invocations at once, and the account may do ${concurrency}: reserve less.`,
    );
  }

  // The real path, so that a module's own path and the task root agree where the system's directory is a link.
  const directory = await realpath(await mkdtemp(join(options.runtimeDir ?? tmpdir(), "local-lambda-")));
  const forget = atExit(() => rmSync(directory, { recursive: true, force: true }));
  try {
    await Promise.all(functions.filter(({ notRunnable }) => notRunnable === undefined).map(unpackFunction));
  } catch (error) {
    await removeDirectory();
    throw error;
  }

  const byName = new Map(
    functions.flatMap((spec) =>
      [spec.name, spec.arn, ...(spec.qualified ?? [])].map((name) => [name, spec] as const),
    ),
  );
  const pool = createInstancePool({ create });
  const silent = new Set<FunctionSpec>();
  const invocations = new Map<Promise<unknown>, FunctionSpec>();
  let started = 0;
  let closed = false;

  function find(functionName: string): FunctionSpec {
    const spec = byName.get(functionName);
    if (spec !== undefined) return spec;
    throw new LambdaServiceError("ResourceNotFoundException", `Function not found: ${functionName}`);
  }

  async function unpackFunction(spec: FunctionSpec): Promise<void> {
    if (spec.code === undefined) return;
    await unpack(spec.code, taskRoot(spec));
    // One after the other: a later layer replaces files of an earlier one.
    for (const layer of spec.layers ?? []) await unpack(layer, layerRoot(spec));
  }

  async function run(spec: FunctionSpec, payload: string, requestId: string): Promise<InvokeResult> {
    if (closed) throw new LambdaServiceError("ServiceException", "The local Lambda is closed");
    if (spec.notRunnable !== undefined) return notRunnable(spec.notRunnable);
    if (spec.code === undefined) {
      throw new LambdaServiceError(
        "ServiceException",
        `The code of ${spec.key} is not on this machine: build the project, then start again.`,
      );
    }
    if (!hasRoom(spec)) {
      throw new LambdaServiceError("TooManyRequestsException", "Rate Exceeded.");
    }
    const invocation = invokeInstance(spec, payload, requestId);
    invocations.set(invocation, spec);
    try {
      return await invocation;
    } finally {
      invocations.delete(invocation);
    }
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
  function hasRoom(spec: FunctionSpec): boolean {
    const running = [...invocations.values()];
    if (spec.reservedConcurrency !== undefined) {
      return running.filter((other) => other === spec).length < spec.reservedConcurrency;
    }
    const unreserved = running.filter((other) => other.reservedConcurrency === undefined);
    return unreserved.length < concurrency - reserved;
  }

  async function invokeInstance(
    spec: FunctionSpec,
    payload: string,
    requestId: string,
  ): Promise<InvokeResult> {
    // Drawn in the order of the calls, whatever the order in which instances become ready.
    const killAfter = options.killAfter?.(spec.name);
    const instance = await pool.take(spec);
    try {
      return await instance.invoke(requestId, payload, { killAfter });
    } finally {
      pool.giveBack(spec, instance);
    }
  }

  function create(spec: FunctionSpec): Instance {
    const logStream = logStreamName(new Date());
    const warn = (line: string) => {
      if (!silent.has(spec)) log(line);
      silent.add(spec);
    };
    started += 1;
    return createInstance(spec, {
      credentials: spec.credentials(),
      endpointUrl: options.endpointUrl,
      region: options.region,
      logStream,
      taskRoot: taskRoot(spec),
      ...(spec.layers && spec.layers.length > 0 && { layerRoot: layerRoot(spec) }),
      temp: join(directory, "tmp", String(started)),
      initLimit,
      ...openLogStream(spec, logStream, { ...options, warn }),
    });
  }

  function taskRoot(spec: FunctionSpec): string {
    return join(directory, "task", String(functions.indexOf(spec)));
  }

  /** What is `/opt` on AWS. */
  function layerRoot(spec: FunctionSpec): string {
    return join(directory, "opt", String(functions.indexOf(spec)));
  }

  async function removeDirectory(): Promise<void> {
    // Windows keeps a directory for a moment after the last process in it ended.
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
    forget();
  }

  const asyncInvoker = createAsyncInvoker({
    run,
    limits: ({ arn }) => options.asyncLimits?.get(arn),
    onEnd: options.onAsyncEnd ?? (() => {}),
    log,
    waitFactor: options.waitFactor ?? 1,
  });

  return {
    invoke: async (functionName, event) => {
      const spec = find(functionName);
      return run(spec, serialize(event, eventLimit, "InvokeFunction"), randomUUID());
    },
    invokeAsync: (functionName, event) => {
      const spec = find(functionName);
      asyncInvoker.enqueue(spec, serialize(event, asyncEventLimit, "InvokeFunction (Event)"), randomUUID());
    },
    drain: () => asyncInvoker.drain(),
    close: async () => {
      closed = true;
      asyncInvoker.close();
      await pool.close();
      await Promise.allSettled(invocations.keys());
      await asyncInvoker.drain();
      await removeDirectory();
    },
  };
}

function notRunnable(errorMessage: string): InvokeResult {
  return { functionError: "Unhandled", payload: { errorType: "LocalRun.NotImitated", errorMessage } };
}

function serialize(event: unknown, limit: number, operation: string): string {
  const payload = JSON.stringify(event) ?? "null";
  if (Buffer.byteLength(payload) <= limit) return payload;
  throw new LambdaServiceError(
    "RequestTooLargeException",
    `Request must be smaller than ${limit} bytes for the ${operation} operation`,
  );
}
