import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accountId, fakeGate, region } from "../run/testing/gate.ts";
import { temporaryDirectory, testFunction } from "./fixtures.ts";
import { createLambda } from "./lambda.ts";
import type { FunctionSpec, InvocationReport, Lambda, LambdaOptions } from "./types.ts";

const name = "notes-dev-echo";

let directory: string;
let lambda: Lambda | undefined;
let lines: string[];
let reports: InvocationReport[];

beforeEach(async () => {
  directory = await temporaryDirectory();
  lines = [];
  reports = [];
});

afterEach(async () => {
  await lambda?.close();
  lambda = undefined;
  await rm(directory, { recursive: true });
});

/** A Lambda whose function "echo" has this text for index.js. */
async function start(
  index: string,
  settings: Partial<FunctionSpec> = {},
  options: Partial<LambdaOptions> = {},
): Promise<Lambda> {
  lambda = await createLambda({
    functions: [await testFunction(directory, { "index.js": index }, settings)],
    gate: fakeGate(),
    runtimeDir: directory,
    endpointUrl: "http://127.0.0.1:4566",
    region,
    accountId,
    logs: (_, __, line) => lines.push(line),
    onReport: (report) => reports.push(report),
    log: () => {},
    ...options,
  });
  return lambda;
}

/** A file that counts how often it was written to: what a process does is seen even when it ends. */
function counter() {
  const file = join(directory, "count");
  return {
    tick: `require('node:fs').appendFileSync(${JSON.stringify(file)}, 'x');`,
    async count() {
      return existsSync(file) ? (await readFile(file, "utf8")).length : 0;
    },
  };
}

const initReports = () =>
  lines.filter((line) => line.startsWith("INIT_REPORT")).map((line) => line.replace(/[\d.]+ ms/, "… ms"));

describe("an initialisation that fails", () => {
  it.each([
    ["throws", "throw new TypeError('no table');", "TypeError", "TypeError: no table"],
    ["is no JavaScript", "exports.handler = ;", "Runtime.UserCodeSyntaxError", "SyntaxError"],
    ["exits", "process.exit(7);", "Runtime.ExitError", "Runtime exited with error: exit status 7"],
  ])("because the module %s is tried again in the invocation, which then fails", async (...row) => {
    const [, ending, errorType, says] = row;
    const { tick, count } = counter();
    const lambda = await start(`${tick}\n${ending}`);
    expect(await lambda.invoke(name, {})).toMatchObject({
      functionError: "Unhandled",
      payload: { errorType },
    });
    // A syntax error is found before anything runs.
    expect(await count()).toBe(errorType === "Runtime.UserCodeSyntaxError" ? 0 : 2);
    expect(initReports()).toEqual([
      `INIT_REPORT Init Duration: … ms\tPhase: init\tStatus: error\tError Type: ${errorType}`,
      `INIT_REPORT Init Duration: … ms\tPhase: invoke\tStatus: error\tError Type: ${errorType}`,
    ]);
    expect(lines.join("\n")).toContain(says);
    expect(reports).toMatchObject([{ outcome: errorType === "Runtime.ExitError" ? "crash" : "error" }]);
    expect(reports[0]).not.toHaveProperty("initMs");
  });

  it("only the first time lets the invocation succeed", async () => {
    const { tick, count } = counter();
    const lambda = await start(`
      const first = !require('node:fs').existsSync(${JSON.stringify(join(directory, "count"))});
      ${tick}
      if (first) throw new Error('not yet');
      exports.handler = async () => 'done';`);
    expect(await lambda.invoke(name, {})).toEqual({ payload: "done" });
    expect(await count()).toBe(2);
    expect(reports).toMatchObject([{ outcome: "success" }]);
    expect(reports[0]).not.toHaveProperty("initMs");
  });

  it("by taking too long is ended, and has the function's own timeout the second time", async () => {
    const slow =
      "const end = Date.now() + 400; while (Date.now() < end); exports.handler = async () => 'done';";
    const lambda = await start(slow, { timeout: 5 }, { initLimit: 0.2 });
    expect(await lambda.invoke(name, {})).toEqual({ payload: "done" });
    expect(initReports()).toEqual(["INIT_REPORT Init Duration: … ms\tPhase: init\tStatus: timeout"]);
    expect(reports[0]?.durationMs).toBeGreaterThan(400);
  });

  it("by taking longer than the function's timeout, too, is a timeout", async () => {
    const lambda = await start("while (true);", { timeout: 0.4 }, { initLimit: 0.2 });
    expect((await lambda.invoke(name, {})).payload).toMatchObject({ errorType: "Sandbox.Timedout" });
    expect(reports).toMatchObject([{ outcome: "timeout" }]);
  });
});

describe("after a crash", () => {
  it("the next invocation initialises a process within its own time, and finds the files in /tmp", async () => {
    const lambda = await start(
      `const { readdirSync, writeFileSync } = require('node:fs');
       const { tmpdir } = require('node:os');
       exports.handler = async (event) => {
         writeFileSync(tmpdir() + '/' + event.file, '');
         if (event.exit) process.exit(1);
         return readdirSync(tmpdir()).sort();
       };`,
    );
    await lambda.invoke(name, { file: "a", exit: true });
    expect(await lambda.invoke(name, { file: "b" })).toEqual({ payload: ["a", "b"] });
    expect(reports.map(({ outcome, initMs }) => [outcome, initMs !== undefined])).toEqual([
      ["crash", true],
      ["success", false],
    ]);
  });
});

describe("memory", () => {
  it("that buffers take beyond the function's is out of memory, though the function answered", async () => {
    const lambda = await start("exports.handler = async (mb) => Buffer.alloc(mb * 2 ** 20, 1).length;", {
      memory: 128,
    });
    expect(await lambda.invoke(name, 1)).toEqual({ payload: 2 ** 20 });
    const result = await lambda.invoke(name, 200);
    expect(result.payload).toEqual({
      errorType: "Runtime.OutOfMemory",
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: signal: killed$/,
      ),
    });
    expect(lines.at(-1)).toMatch(/signal: killed\nRuntime\.OutOfMemory$/);
    expect(await lambda.invoke(name, 1)).toEqual({ payload: 2 ** 20 });
    expect(reports.map(({ outcome }) => outcome)).toEqual(["success", "out of memory", "success"]);
  });

  it("that grows while the function waits ends it before it answers", async () => {
    const { tick, count } = counter();
    const lambda = await start(
      `exports.handler = async () => {
         const held = Buffer.alloc(200 * 2 ** 20, 1);
         await new Promise((done) => setTimeout(done, 5000));
         ${tick}
         return held.length;
       };`,
      { memory: 128 },
    );
    expect((await lambda.invoke(name, {})).payload).toMatchObject({ errorType: "Runtime.OutOfMemory" });
    expect(reports[0]?.durationMs).toBeLessThan(4000);
    expect(await count()).toBe(0);
  });

  it("that the heap has no more of aborts the process, in V8's words", async () => {
    const lambda = await start(
      "exports.handler = async () => { const all = []; for (;;) all.push(new Array(1e5).fill(1.5)); };",
      // So much that the heap's own limit comes first.
      { memory: 768, timeout: 30 },
    );
    expect((await lambda.invoke(name, {})).payload).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringMatching(/Error: Runtime exited with error: signal: aborted$/),
    });
    expect(lines.join("\n")).toContain("JavaScript heap out of memory");
    expect(reports).toMatchObject([{ outcome: "crash" }]);
  });
});

describe("a report", () => {
  it("tells what the invocation took, and of a cold start what its initialisation took", async () => {
    const lambda = await start(
      "exports.handler = (event) => new Promise((done) => setTimeout(done, event.wait, 'x'));",
    );
    await lambda.invoke(name, { wait: 50 });
    await lambda.invoke(name, { wait: 0 });
    expect(reports).toEqual([
      {
        functionKey: "echo",
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        durationMs: expect.any(Number),
        initMs: expect.any(Number),
        memoryMb: 256,
        maxMemoryMb: expect.any(Number),
        outcome: "success",
      },
      expect.not.objectContaining({ initMs: expect.anything() }),
    ]);
    expect(reports[0]?.durationMs).toBeGreaterThan(49);
    expect(reports[0]?.maxMemoryMb).toBeGreaterThan(20);
    expect(reports[0]?.maxMemoryMb).toBeLessThan(128);
  });

  it("tells of an error that the handler threw", async () => {
    const lambda = await start("exports.handler = async () => { throw new Error('no'); };");
    await lambda.invoke(name, {});
    expect(reports).toMatchObject([{ outcome: "error" }]);
  });

  it("is lost like every other line where the role may not log", async () => {
    const gate = fakeGate(({ action }) => action.startsWith("logs:"));
    const lambda = await start("exports.handler = async () => 1;", {}, { gate });
    await lambda.invoke(name, {});
    expect(reports).toEqual([]);
  });
});

describe("between invocations", () => {
  it("a process is frozen: what it left behind waits for the next one", async () => {
    const { tick, count } = counter();
    const lambda = await start(
      `exports.handler = async (event) => {
         if (event.leave) setTimeout(() => { ${tick} console.log('late'); }, 50);
         else await new Promise((done) => setTimeout(done, event.wait));
       };`,
    );
    await lambda.invoke(name, { leave: true });
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await count()).toBe(0);
    expect(lines).toEqual([]);
    await lambda.invoke(name, { wait: 20 });
    expect(await count()).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/\tINFO\tlate$/)]);
  });

  it("everything that was logged before the answer arrives before it", async () => {
    const lambda = await start(
      "exports.handler = async () => { for (let i = 0; i < 3000; i += 1) console.log('x'.repeat(100)); };",
    );
    for (let round = 1; round <= 3; round += 1) {
      await lambda.invoke(name, {});
      expect(lines).toHaveLength(round * 3000);
    }
  });

  it("a rejection that nobody handles fails the invocation it happened in, though it returned", async () => {
    const lambda = await start(
      "exports.handler = async () => { (async () => { throw new Error('lost'); })(); return 'fine'; };",
    );
    expect((await lambda.invoke(name, {})).payload).toMatchObject({ errorType: "Runtime.ExitError" });
    expect(lines.join("\n")).toContain("Error: lost");
  });
});

describe("console", () => {
  it("writes time, request id, level and message, several lines as one event", async () => {
    const lambda = await start(
      `exports.handler = async () => {
         console.log('a %s', 'b');
         console.warn('one\\ntwo');
         process.stdout.write('raw\\n');
       };`,
    );
    await lambda.invoke(name, {});
    const prefix = `\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\\t${reports[0]?.requestId}`;
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^${prefix}\\tINFO\\ta b$`)),
      expect.stringMatching(new RegExp(`^${prefix}\\tWARN\\tone\\ntwo$`)),
      "raw",
    ]);
  });
});

describe("an answer", () => {
  it("that is no JSON fails the invocation", async () => {
    const lambda = await start("exports.handler = async () => { const a = {}; a.a = a; return a; };");
    expect((await lambda.invoke(name, {})).payload).toMatchObject({
      errorType: "Runtime.JSONStringifyError",
      errorMessage: "Unable to stringify response body",
    });
  });
});
