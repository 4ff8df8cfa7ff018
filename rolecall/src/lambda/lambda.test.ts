import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { placeholderCredentials } from "../run/testing/credentials.ts";
import { accountId, fakeGate, region } from "../run/testing/gate.ts";
import { temporaryDirectory, testCredentials, testFunction } from "./fixtures.ts";
import { createLambda } from "./lambda.ts";
import type { AsyncEnd, FunctionSpec, Lambda, LambdaOptions } from "./types.ts";

let directory: string;
let lambda: Lambda | undefined;
let lines: { name: string; requestId: string | undefined; line: string }[];
let log: string[];

beforeEach(async () => {
  directory = await temporaryDirectory();
  lines = [];
  log = [];
});

afterEach(async () => {
  await lambda?.close();
  lambda = undefined;
  await rm(directory, { recursive: true });
});

/** Starts a Lambda whose function "echo" has this text for index.js. */
async function start(
  index: string,
  settings: Partial<FunctionSpec> = {},
  options: Partial<LambdaOptions> = {},
): Promise<Lambda> {
  return startWith(await testFunction(directory, { "index.js": index }, settings), options);
}

async function startWith(spec: FunctionSpec, options: Partial<LambdaOptions> = {}): Promise<Lambda> {
  lambda = await createLambda({
    functions: [spec],
    gate: fakeGate(),
    runtimeDir: directory,
    endpointUrl: "http://127.0.0.1:4566",
    region,
    accountId,
    logs: (name, requestId, line) => lines.push({ name, requestId, line }),
    log: (line) => log.push(line),
    waitFactor: 0.0001,
    ...options,
  });
  return lambda;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const name = "notes-dev-echo";
const arn = `arn:aws:lambda:${region}:${accountId}:function:${name}`;

describe("a handler", () => {
  test("gets the event and answers with its value", async () => {
    const lambda = await start("exports.handler = async (event) => ({ got: event.n + 1 });");
    expect(await lambda.invoke(name, { n: 1 })).toEqual({ payload: { got: 2 } });
  });

  test("answers null when it returns nothing", async () => {
    const lambda = await start("exports.handler = async () => {};");
    expect(await lambda.invoke(name, {})).toEqual({ payload: null });
  });

  test("is found in a directory of the zip, as an ES module, under a nested export", async () => {
    const files = { "src/app.mjs": "export const api = { handler: async () => 'found' };" };
    const lambda = await startWith(await testFunction(directory, files, { handler: "src/app.api.handler" }));
    expect(await lambda.invoke(name, {})).toEqual({ payload: "found" });
  });

  test("is found in a folder, and in the text of a template", async () => {
    const folder = join(directory, "code");
    await mkdir(folder);
    await writeFile(join(folder, "index.js"), "exports.handler = async () => 'in a folder';");
    const spec = await testFunction(directory, {});
    const ofFolder = await startWith({ ...spec, code: { folder } });
    expect(await ofFolder.invoke(name, {})).toEqual({ payload: "in a folder" });
    const ofText = await startWith({
      ...spec,
      code: { inline: "exports.handler = async () => 'in a text';" },
    });
    expect(await ofText.invoke(name, {})).toEqual({ payload: "in a text" });
  });

  test("that is not on this machine is an error that says what to do", async () => {
    const { code: _, ...spec } = await testFunction(directory, {});
    const lambda = await startWith(spec);
    await expect(lambda.invoke(name, {})).rejects.toThrow(
      "The code of echo is not on this machine: build the project, then start again.",
    );
  });

  test("is found in a .js file that the package calls an ES module", async () => {
    const files = {
      "package.json": '{"type":"module"}',
      "index.js": "export const handler = async () => 'esm';",
    };
    const lambda = await startWith(await testFunction(directory, files));
    expect(await lambda.invoke(name, {})).toEqual({ payload: "esm" });
  });

  test("gets the context that Node.js 24 gives, with the time that is left", async () => {
    const lambda = await start(
      "exports.handler = async (_, context) => ({ ...context, left: context.getRemainingTimeInMillis() });",
    );
    const { payload } = await lambda.invoke(name, {});
    expect(payload).toEqual({
      functionName: name,
      functionVersion: "$LATEST",
      memoryLimitInMB: "256",
      invokedFunctionArn: `arn:aws:lambda:${region}:${accountId}:function:${name}`,
      logGroupName: `/aws/lambda/${name}`,
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      left: expect.any(Number),
    });
    expect((payload as { left: number }).left).toBeGreaterThan(5000);
  });
});

describe("what goes wrong in a function", () => {
  test("an error that it throws has its type, its message and a trace", async () => {
    const lambda = await start("exports.handler = async () => { throw new RangeError('too far'); };");
    const result = await lambda.invoke(name, {});
    expect(result).toMatchObject({
      functionError: "Unhandled",
      payload: { errorType: "RangeError", errorMessage: "too far" },
    });
    expect((result.payload as { trace: string[] }).trace[0]).toBe("RangeError: too far");
    expect(lines.map(({ line }) => line)).toEqual([expect.stringContaining("Invoke Error")]);
  });

  test.each([
    ["a missing module", "require('./absent');", "index.handler", "Runtime.ImportModuleError"],
    ["a missing file", "", "absent.handler", "Runtime.ImportModuleError"],
    ["a missing export", "exports.other = 1;", "index.handler", "Runtime.HandlerNotFound"],
    ["an export that is no function", "exports.handler = 1;", "index.handler", "Runtime.HandlerNotFound"],
    ["a syntax error", "exports.handler = ;", "index.handler", "Runtime.UserCodeSyntaxError"],
    ["a handler outside the zip", "", "../index.handler", "Runtime.MalformedHandlerName"],
    [
      "a handler that takes a callback",
      "exports.handler = (event, context, callback) => callback(null, 1);",
      "index.handler",
      "Runtime.CallbackHandlerDeprecated",
    ],
    ["an error while the module loads", "throw new TypeError('no table');", "index.handler", "TypeError"],
  ])("%s fails the invocation", async (_, index, handler, errorType) => {
    const lambda = await start(index, { handler });
    expect(await lambda.invoke(name, {})).toMatchObject({
      functionError: "Unhandled",
      payload: { errorType },
    });
  });

  test("an instance that exits fails its invocation, and the next one starts afresh", async () => {
    const lambda = await start(
      "let calls = 0; exports.handler = async (event) => { calls += 1; if (event.exit) process.exit(3); return calls; };",
    );
    expect(await lambda.invoke(name, {})).toEqual({ payload: 1 });
    const crash = await lambda.invoke(name, { exit: true });
    expect(crash).toMatchObject({ functionError: "Unhandled", payload: { errorType: "Runtime.ExitError" } });
    expect(crash.payload).toHaveProperty(
      "errorMessage",
      expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 3$/),
    );
    expect(await lambda.invoke(name, {})).toEqual({ payload: 1 });
  });

  test("a rejection that nobody handles ends the instance", async () => {
    const lambda = await start(
      "exports.handler = () => new Promise(() => { Promise.reject(new Error('lost')); setTimeout(() => {}, 1e4); });",
    );
    expect((await lambda.invoke(name, {})).payload).toHaveProperty(
      "errorMessage",
      expect.stringContaining("Runtime exited with error: exit status 1"),
    );
    expect(lines.map(({ line }) => line)).toContainEqual(expect.stringContaining("Error: lost"));
  });

  test("a promise that can never settle ends the instance", async () => {
    const lambda = await start("exports.handler = () => new Promise(() => {});");
    expect((await lambda.invoke(name, {})).payload).toHaveProperty(
      "errorMessage",
      expect.stringContaining("Runtime exited without providing a reason"),
    );
  });

  test("a function that takes too long is ended, even in a loop without end", async () => {
    const lambda = await start(
      "exports.handler = async (event) => { while (event.spin); return 'quick'; };",
      {
        timeout: 1.5,
      },
    );
    const result = await lambda.invoke(name, { spin: true });
    expect(result.payload).toEqual({
      errorType: "Sandbox.Timedout",
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Task timed out after 1\.50 seconds$/,
      ),
    });
    expect(lines.at(-1)?.line).toContain("Task timed out after 1.50 seconds");
    expect(await lambda.invoke(name, {})).toEqual({ payload: "quick" });
  });

  test("a process that is told to be killed in the middle of an invocation fails it as a crash does", async () => {
    const kills = [20, undefined];
    const asked: string[] = [];
    const lambda = await start(
      "exports.handler = (event) => new Promise((done) => setTimeout(done, event.wait, 'late'));",
      {},
      {
        killAfter: (functionName) => {
          asked.push(functionName);
          return kills.shift();
        },
      },
    );
    expect((await lambda.invoke(name, { wait: 5000 })).payload).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: signal: killed$/,
      ),
    });
    expect(await lambda.invoke(name, { wait: 0 })).toEqual({ payload: "late" });
    expect(asked).toEqual([name, name]);
  });

  test("a function that answers before it would be killed goes on", async () => {
    const lambda = await start(
      "let calls = 0; exports.handler = async () => { calls += 1; return calls; };",
      {},
      { killAfter: () => 2000 },
    );
    expect(await lambda.invoke(name, {})).toEqual({ payload: 1 });
    expect(await lambda.invoke(name, {})).toEqual({ payload: 2 });
  });

  test("an answer over 6 MB fails the invocation", async () => {
    const lambda = await start("exports.handler = async (event) => 'x'.repeat(event.size);");
    expect(await lambda.invoke(name, { size: 7_000_000 })).toMatchObject({
      functionError: "Unhandled",
      payload: { errorType: "Function.ResponseSizeTooLarge" },
    });
    expect(await lambda.invoke(name, { size: 3 })).toEqual({ payload: "xxx" });
  });

  test("the JavaScript heap ends with the function's memory", async () => {
    const lambda = await start(
      "exports.handler = async () => require('node:v8').getHeapStatistics().heap_size_limit / 2 ** 20;",
      { memory: 128 },
    );
    expect((await lambda.invoke(name, {})).payload).toBeLessThan(180);
  });
});

describe("the environment", () => {
  test("holds the template's variables, the role's credentials and nothing of the developer's", async () => {
    process.env.AWS_PROFILE = "developer";
    try {
      const lambda = await start("exports.handler = async () => process.env;", {
        environment: { BUCKET: "b" },
      });
      const { payload } = await lambda.invoke(name, {});
      expect(payload).toMatchObject({
        BUCKET: "b",
        AWS_ACCESS_KEY_ID: placeholderCredentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: placeholderCredentials.secretAccessKey,
        AWS_SESSION_TOKEN: placeholderCredentials.sessionToken,
        AWS_REGION: region,
        AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
        AWS_LAMBDA_FUNCTION_NAME: name,
        _HANDLER: "index.handler",
        TZ: ":UTC",
      });
      expect(payload).not.toHaveProperty("AWS_PROFILE");
      expect(payload).not.toHaveProperty("HOME");
      const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = payload as Record<string, string>;
      expect([AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE].some((path) => existsSync(path ?? ""))).toBe(
        false,
      );
    } finally {
      delete process.env.AWS_PROFILE;
    }
  });

  test("refuses the variables that Lambda reserves, in Lambda's words", async () => {
    const environment = { BUCKET: "b", AWS_ACCESS_KEY_ID: "mine", AWS_SECRET_ACCESS_KEY: "mine" };
    await expect(start("", { environment })).rejects.toThrow(
      "echo: Lambda was unable to configure your environment variables because the environment variables you have " +
        "provided contains reserved keys that are currently not supported for modification. " +
        "Reserved keys used in this request: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY",
    );
  });

  test("refuses more than 4 KB", async () => {
    await expect(start("", { environment: { LONG: "x".repeat(4096) } })).rejects.toThrow(
      "exceeded the 4KB limit",
    );
  });

  test("refuses what would lead the SDK past the local endpoint", async () => {
    await expect(start("", { environment: { AWS_ENDPOINT_URL_S3: "https://elsewhere" } })).rejects.toThrow(
      "AWS_ENDPOINT_URL_S3 would send the function's calls past the local endpoint",
    );
  });
});

describe("instances", () => {
  const countCalls =
    "let calls = 0; exports.handler = async () => { calls += 1; return { calls, pid: process.pid }; };";

  test("are reused while they are warm", async () => {
    const lambda = await start(countCalls);
    await lambda.invoke(name, {});
    expect((await lambda.invoke(name, {})).payload).toHaveProperty("calls", 2);
  });

  test("start beside each other for invocations at the same time", async () => {
    const lambda = await start(countCalls);
    const results = await Promise.all([1, 2, 3].map(() => lambda.invoke(name, {})));
    expect(new Set(results.map(({ payload }) => (payload as { pid: number }).pid)).size).toBe(3);
  });

  test("are not reused once their credentials are about to end", async () => {
    const lambda = await start(countCalls, { credentials: () => testCredentials(5000) });
    await lambda.invoke(name, {});
    expect((await lambda.invoke(name, {})).payload).toHaveProperty("calls", 1);
  });

  test("over the account's concurrency are throttled", async () => {
    const lambda = await start(countCalls, {}, { concurrency: 1 });
    const first = lambda.invoke(name, {});
    await expect(lambda.invoke(name, {})).rejects.toMatchObject({ code: "TooManyRequestsException" });
    await first;
    expect(await lambda.invoke(name, {})).toHaveProperty("payload");
  });

  test("of a function with reserved concurrency are kept free for it, and it gets no more", async () => {
    const functions = [
      await testFunction(directory, { "index.js": countCalls }, { key: "kept", reservedConcurrency: 1 }),
      await testFunction(directory, { "index.js": countCalls }, { key: "other" }),
    ];
    lambda = await createLambda({
      ...{ functions, gate: fakeGate(), runtimeDir: directory, endpointUrl: "", region, accountId },
      ...{ logs: () => {}, log: () => {}, concurrency: 2 },
    });
    const [kept, other] = ["notes-dev-kept", "notes-dev-other"] as const;
    const running = [lambda.invoke(other, {}), lambda.invoke(kept, {})];
    for (const one of [kept, other]) {
      await expect(lambda.invoke(one, {})).rejects.toMatchObject({ code: "TooManyRequestsException" });
    }
    await Promise.all(running);
  });

  test("of which more are reserved than the account has are refused at the start", async () => {
    await expect(start(countCalls, { reservedConcurrency: 3 }, { concurrency: 2 })).rejects.toThrow(
      "The functions reserve 3 invocations at once, and the account may do 2: reserve less.",
    );
  });

  test("end with the Lambda, which leaves no files behind", async () => {
    const lambda = await start(countCalls);
    const { pid } = (await lambda.invoke(name, {})).payload as { pid: number };
    await lambda.close();
    expect(isAlive(pid)).toBe(false);
    expect((await readdir(directory)).filter((entry) => entry.startsWith("local-lambda-"))).toEqual([]);
    await expect(lambda.invoke(name, {})).rejects.toThrow("closed");
  });

  test.each([
    ["in the middle of an invocation", "return new Promise(() => setInterval(() => {}, 1e5));"],
    ["frozen after one", ""],
  ])("end, %s, when the process that runs the Lambda is killed", async (_, rest) => {
    const spec = await testFunction(directory, {
      "index.js": `exports.handler = async () => { process.stdout.write(process.pid + '\\n'); ${rest} };`,
    });
    const script = `
      const { createLambda } = await import(${JSON.stringify(new URL("lambda.ts", import.meta.url).href)});
      const spec = ${JSON.stringify(spec)};
      const credentials = () => ({ ...${JSON.stringify(testCredentials())}, expiration: new Date(Date.now() + 1e6) });
      const allow = () => ({ outcome: "allowed" });
      let pid;
      const lambda = await createLambda({
        functions: [{ ...spec, credentials, timeout: 60 }], gate: { authorize: allow, authorizeService: allow },
        runtimeDir: ${JSON.stringify(directory)}, endpointUrl: "", region: "", accountId: "", log: () => {},
        logs: (name, id, line) => { pid = line; if (${rest !== ""}) console.log(pid); },
      });
      await lambda.invoke(spec.name, {});
      console.log(pid);
      setInterval(() => {}, 1e5);`;
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [pid] = await once(parent.stdout, "data");
    expect(isAlive(Number(pid))).toBe(true);
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(Number(pid)), { timeout: 5000 }).toBe(false);
  });

  test("end in the middle of an invocation when the Lambda closes", async () => {
    const lambda = await start("exports.handler = () => new Promise((done) => setTimeout(done, 60_000));", {
      timeout: 60,
    });
    const invocation = lambda.invoke(name, {});
    await lambda.close();
    expect(await invocation).toHaveProperty("functionError", "Unhandled");
    expect(lines).toEqual([]);
  });
});

describe("asynchronous invocation", () => {
  const failFirst = (times: number) =>
    "const fs = require('node:fs');" +
    "exports.handler = async ({ file }, context) => {" +
    "  fs.appendFileSync(file, context.awsRequestId + '\\n');" +
    `  if (fs.readFileSync(file, 'utf8').trim().split('\\n').length <= ${times}) throw new Error('not yet');` +
    "};";

  async function attempts(file: string): Promise<string[]> {
    return (await readFile(file, "utf8")).trim().split("\n");
  }

  test("tries an event again twice, with the same request id", async () => {
    const file = join(directory, "attempts");
    const lambda = await start(failFirst(2));
    lambda.invokeAsync(name, { file });
    await lambda.drain();
    expect(await attempts(file)).toHaveLength(3);
    expect(new Set(await attempts(file)).size).toBe(1);
    expect(log).not.toContainEqual(expect.stringContaining("dropped"));
  });

  test("drops an event after its third failure and says so", async () => {
    const file = join(directory, "attempts");
    const lambda = await start(failFirst(9));
    lambda.invokeAsync(name, { file });
    await lambda.drain();
    expect(await attempts(file)).toHaveLength(3);
    expect(log.at(-1)).toMatch(/the event [0-9a-f-]+ for echo is dropped after its last attempt/);
  });

  test("tries an event as often as its function says, and tells how it ended", async () => {
    const file = join(directory, "attempts");
    const ends: AsyncEnd[] = [];
    const lambda = await start(
      failFirst(1),
      {},
      {
        asyncLimits: new Map([[arn, { maximumRetryAttempts: 0, maximumEventAge: 21_600 }]]),
        onAsyncEnd: (_, end) => ends.push(end),
      },
    );
    lambda.invokeAsync(name, { file });
    await lambda.drain();
    lambda.invokeAsync(name, { file });
    await lambda.drain();
    expect(await attempts(file)).toHaveLength(2);
    expect(ends).toMatchObject([
      { condition: "RetriesExhausted", invokeCount: 1, result: { functionError: "Unhandled" } },
      { condition: "Success", invokeCount: 1 },
    ]);
  });

  test("gives an event up when it is older than its function says", async () => {
    const ends: AsyncEnd[] = [];
    const lambda = await start(
      failFirst(9),
      {},
      {
        asyncLimits: new Map([[arn, { maximumRetryAttempts: 2, maximumEventAge: 90 }]]),
        onAsyncEnd: (_, end) => ends.push(end),
      },
    );
    lambda.invokeAsync(name, { file: join(directory, "attempts") });
    await lambda.drain();
    expect(ends).toMatchObject([{ condition: "EventAgeExceeded", invokeCount: 2 }]);
  });

  test("keeps a throttled event until there is room", async () => {
    const file = join(directory, "attempts");
    const lambda = await start(failFirst(0), {}, { concurrency: 1 });
    for (let i = 0; i < 3; i += 1) lambda.invokeAsync(name, { file });
    await lambda.drain();
    expect(await attempts(file)).toHaveLength(3);
  });

  test("drops a throttled event after six hours", async () => {
    // An invocation of another function takes all the room for as long as this lasts.
    const functions = [
      await testFunction(
        directory,
        { "index.js": "exports.handler = () => new Promise(() => setInterval(() => {}, 1e5));" },
        { key: "busy", timeout: 60 },
      ),
      await testFunction(directory, { "index.js": failFirst(0) }),
    ];
    lambda = await createLambda({
      ...{ functions, gate: fakeGate(), runtimeDir: directory, endpointUrl: "", region, accountId },
      ...{ logs: () => {}, log: (line: string) => log.push(line), concurrency: 1, waitFactor: 1e-6 },
    });
    const busy = lambda.invoke("notes-dev-busy", {});
    lambda.invokeAsync(name, { file: join(directory, "attempts") });
    await lambda.drain();
    expect(log).toEqual([expect.stringMatching(/for echo is dropped after its last attempt/)]);
    expect(existsSync(join(directory, "attempts"))).toBe(false);
    await lambda.close();
    await busy;
  });

  test("drops an event at once where concurrency is reserved down to nothing", async () => {
    const lambda = await start(failFirst(0), { reservedConcurrency: 0 }, { waitFactor: 1 });
    lambda.invokeAsync(name, { file: join(directory, "attempts") });
    await lambda.drain();
    expect(log).toEqual([expect.stringMatching(/for echo is dropped after its last attempt/)]);
  });

  test("tries an event again that a crash or a timeout failed", async () => {
    const file = join(directory, "attempts");
    const lambda = await start(
      `const fs = require('node:fs');
       exports.handler = async ({ file }) => {
         fs.appendFileSync(file, 'x\\n');
         const attempt = fs.readFileSync(file, 'utf8').length / 2;
         if (attempt === 1) process.exit(1);
         if (attempt === 2) await new Promise(() => setInterval(() => {}, 1e5));
       };`,
      { timeout: 1 },
    );
    lambda.invokeAsync(name, { file });
    await lambda.drain();
    expect(await attempts(file)).toHaveLength(3);
    expect(log).toEqual([
      expect.stringContaining("Runtime exited with error: exit status 1"),
      expect.stringContaining("Task timed out after 1.00 seconds"),
    ]);
  });

  test("refuses an unknown function and an event over 1 MB at once", async () => {
    const lambda = await start(failFirst(0));
    expect(() => lambda.invokeAsync("absent", {})).toThrow("Function not found: absent");
    expect(() => lambda.invokeAsync(name, "x".repeat(1024 * 1024))).toThrow("Request must be smaller");
  });

  test("stops waiting when the Lambda closes", async () => {
    const lambda = await start(
      "exports.handler = async () => { throw new Error('always'); };",
      {},
      { waitFactor: 1 },
    );
    lambda.invokeAsync(name, {});
    await expect.poll(() => log.length).toBe(1);
    await lambda.close();
  });

  test("calls it no failure that the Lambda closed in the middle of an invocation", async () => {
    const lambda = await start(
      "exports.handler = () => { console.log('began'); return new Promise(() => setInterval(() => {}, 1e5)); };",
    );
    lambda.invokeAsync(name, {});
    await expect.poll(() => lines.some(({ line }) => line.includes("began"))).toBe(true);
    await lambda.close();
    expect(log).toEqual([]);
  });
});

describe("logs", () => {
  const speak =
    "console.log('loading'); exports.handler = async (event) => { console.log(event.say); console.error('!'); };";

  test("carry the invocation they belong to", async () => {
    const lambda = await start(speak);
    await lambda.invoke(name, { say: "one" });
    await lambda.invoke(name, { say: "two" });
    const [loading, one, mark, two] = lines;
    expect([loading, one, mark, two].map((event) => event?.line.split("\t").at(-1))).toEqual([
      ...["loading", "one", "!", "two"],
    ]);
    expect(loading?.requestId).toBeUndefined();
    expect(one?.requestId).toBe(mark?.requestId);
    expect(two?.requestId).not.toBe(one?.requestId);
  });

  test("are written with the role's own rights on its stream", async () => {
    const gate = fakeGate();
    const lambda = await start(speak, {}, { gate });
    await lambda.invoke(name, { say: "one" });
    await lambda.invoke(name, { say: "two" });
    expect(gate.asked.map(({ who, action }) => `${who} ${action}`)).toEqual([
      "echo logs:CreateLogStream",
      "echo logs:PutLogEvents",
    ]);
    expect(gate.asked[0]?.resource).toMatch(
      /^arn:aws:logs:us-east-1:123456789012:log-group:\/aws\/lambda\/notes-dev-echo:log-stream:\d{4}\//,
    );
  });

  test.each(["logs:CreateLogStream", "logs:PutLogEvents"])(
    "are lost without %s, the function works, and one warning says so",
    async (action) => {
      const lambda = await start(speak, {}, { gate: fakeGate((asked) => asked.action === action) });
      const results = await Promise.all([1, 2].map(() => lambda.invoke(name, { say: "one" })));
      expect(results).toEqual([{ payload: null }, { payload: null }]);
      expect(lines).toEqual([]);
      expect(log).toEqual([expect.stringContaining(`echo writes no logs: ${action} on arn:aws:logs:`)]);
    },
  );
});

describe("a zip", () => {
  test.each(["../outside.js", "/outside.js", "a/../../outside.js", "a\\..\\..\\outside.js"])(
    "with the entry %s is refused",
    async (entry) => {
      const spec = await testFunction(directory, {});
      await writeFile(spec.code.zip, zipSync({ [entry]: strToU8("") }));
      await expect(startWith(spec)).rejects.toThrow("leads out of the function's directory");
      expect(await readdir(directory)).toEqual(["echo.zip"]);
    },
  );

  test("that is none is refused", async () => {
    const spec = await testFunction(directory, {});
    await writeFile(spec.code.zip, "text");
    await expect(startWith(spec)).rejects.toThrow();
  });
});
