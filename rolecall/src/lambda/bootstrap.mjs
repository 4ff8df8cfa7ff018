/**
 * The runtime inside an instance: loads the handler, then asks the Runtime API for invocations until it is ended.
 * Plain JavaScript, because stripping types would cost every cold start a third more.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
 */
import { existsSync, readFileSync, readSync } from "node:fs";
import { Agent, request } from "node:http";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const env = process.env;
// Its path is a secret of this instance's; on AWS it has none.
const { hostname, port, pathname } = new URL(`http://${env.AWS_LAMBDA_RUNTIME_API}`);
const agent = new Agent({ keepAlive: true });

// The instance ends with the process that started it, however that ended; the terminal's Ctrl-C is that process's.
process.stdin.on("close", () => process.exit(1)).unref();
process.stdin.resume();
process.on("SIGINT", () => {});

/** A pipe that brings a byte for every invocation after the first, and closes with the process that started this one. */
const thawPipe = 3;
const memory = Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) * 2 ** 20;
/** As the runtime writes it while there is no invocation. */
let requestId = "-";

patchConsole();
// A timer sees nothing while a function computes; the peak that comes with each answer does.
const watch = setInterval(() => {
  if (process.memoryUsage.rss() <= memory) return;
  clearInterval(watch);
  void call("POST", "/runtime/local/out-of-memory");
}, 25).unref();

// Not awaited at the top level: when a handler's promise can never settle, the process must end, as on AWS.
run();

async function run() {
  const handler = await load(env.LAMBDA_TASK_ROOT, env._HANDLER).catch(async (error) => {
    console.error("Init Error", `\t${JSON.stringify(describe(error))}`);
    await written();
    await call("POST", "/runtime/init/error", JSON.stringify(describe(error)));
    process.exit(1);
  });
  for (;;) {
    await serve(handler);
    freeze();
  }
}

async function serve(handler) {
  const { headers, body } = await call("GET", "/runtime/invocation/next");
  requestId = headers["lambda-runtime-aws-request-id"];
  const id = requestId;
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];

  const context = {
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: id,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  let kind = "response";
  let answer;
  try {
    answer = serialize(await handler(JSON.parse(body), context));
  } catch (error) {
    kind = "error";
    answer = JSON.stringify(describe(error));
    // Once a turn of the loop has passed, as below, so that a rejection that nobody handles comes first.
    await turn();
    console.error("Invoke Error", `\t${answer}`);
  }
  // As Lambda's own runtime does: a rejection that nobody handles still fails the invocation that it happened in.
  await turn();
  await written();
  await call("POST", `/runtime/invocation/${id}/${kind}`, answer);
}

/**
 * Stops everything until the next invocation, as Lambda freezes a process that has answered: no timer fires, no promise
 * goes on. The process does it to itself, by a read that blocks, so that the end of its parent still ends it.
 */
function freeze() {
  try {
    if (readSync(thawPipe, Buffer.alloc(1)) === 1) return;
  } catch {
    // Windows throws where others read nothing.
  }
  process.exit(1);
}

/** In the text format: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html */
function patchConsole() {
  for (const level of ["trace", "debug", "info", "warn", "error", "fatal"]) {
    console[level] = (...message) => {
      const line = [new Date().toISOString(), requestId, level.toUpperCase(), format(...message)].join("\t");
      // One event, whatever newlines are in it: whoever reads the pipe puts them back.
      process.stdout.write(`${line.replaceAll("\n", "\r")}\n`);
    };
  }
  console.log = console.info;
}

/** Resolves when all that was written is in the pipes: on some platforms that takes a while. */
function written() {
  return Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", () => done()))),
  );
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

function serialize(answer) {
  try {
    return JSON.stringify(answer) ?? "null";
  } catch {
    throw named("Runtime.JSONStringifyError", "Unable to stringify response body");
  }
}

/** The most memory that this process has held, in bytes. */
function peakMemory() {
  // On Linux, what the system counts for a process begins with what its parent held.
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}

async function load(taskRoot, handlerName) {
  const file = basename(handlerName);
  const dot = file.indexOf(".");
  if (handlerName.includes("..") || dot < 1) {
    throw named("Runtime.MalformedHandlerName", `'${handlerName}' is not a valid handler name`);
  }
  const exports = await importFrom(taskRoot, join(dirname(handlerName), file.slice(0, dot)));
  const path = file.slice(dot + 1).split(".");
  const handler = follow(exports, path) ?? follow(exports.default, path);

  if (handler === undefined)
    throw named("Runtime.HandlerNotFound", `${handlerName} is undefined or not exported`);
  if (typeof handler !== "function") {
    throw named("Runtime.HandlerNotFound", `${handlerName} is not a function`);
  }
  // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html#nodejs-handler-callback
  if (handler.length >= 3) {
    throw named(
      "Runtime.CallbackHandlerDeprecated",
      `${handlerName} takes a callback, and AWS Lambda has removed support for callback-based function handlers ` +
        "starting with Node.js 24. Return a promise instead.",
    );
  }
  return handler;
}

async function importFrom(taskRoot, module) {
  try {
    const path = resolve(taskRoot, module);
    const found = [".js", ".mjs", ".cjs"].map((extension) => path + extension).find(existsSync);
    // A package's name as the handler's file: found as `require` would find it.
    const file = found ?? createRequire(join(taskRoot, "handler")).resolve(`./${module}`);
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw named("Runtime.UserCodeSyntaxError", String(error), error.stack);
    if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") {
      throw named("Runtime.ImportModuleError", String(error), error.stack);
    }
    throw error;
  }
}

function follow(value, path) {
  return path.reduce((inner, key) => inner?.[key], value);
}

function named(name, message, stack) {
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}

function call(method, path, body) {
  return new Promise((done) => {
    // Without the Runtime API there is nobody left to work for.
    const end = () => process.exit(1);
    const headers = method === "POST" ? { "local-peak-memory": peakMemory() } : {};
    const target = { host: hostname, port, agent, method, headers, path: `${pathname}/2018-06-01${path}` };
    const outgoing = request(target, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => done({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
      response.on("error", end);
    });
    outgoing.on("error", end);
    outgoing.end(body);
  });
}
