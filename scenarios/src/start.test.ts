import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { packageService } from "rolecall";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createApi } from "./api.ts";

const cli = fileURLToPath(new URL("../../rolecall/src/cli/main.ts", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

describe("rolecall start", () => {
  let temporary: string;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    temporary = await mkdtemp(join(tmpdir(), "cli-test-"));
    await packageService({ root, stage: "local", region: "us-east-1" });
  }, 120_000);
  afterAll(() => rm(temporary, { recursive: true, force: true }));
  // A test that fails has not ended what it started.
  afterEach(() => {
    for (const child of started.splice(0)) child.kill();
  });

  /** The command in a process of its own, with a temporary directory that nobody else uses. */
  function run(...args: string[]) {
    const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
    const child = spawn(process.execPath, [cli, "start", ...args], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    started.push(child);
    return child;
  }

  const firstLine = (child: ChildProcess) => printed(child, "\n");

  /** What it prints until a certain text has come. */
  async function printed(child: ChildProcess, until: string): Promise<string> {
    let output = "";
    for await (const chunk of child.stdout ?? []) {
      output += chunk;
      if (output.includes(until)) break;
    }
    return output;
  }

  it.skipIf(process.platform === "win32")(
    "--json prints one line for tools, and Ctrl-C leaves neither process nor temporary file",
    async () => {
      const child = run("--json");
      const ready = JSON.parse(await firstLine(child));
      child.stderr?.resume();

      expect(Object.keys(ready)).toEqual(["api", "apis", "endpoint", "region", "buckets", "principals"]);
      expect(ready.region).toBe("us-east-1");
      expect(Object.keys(ready.principals)).toEqual(
        expect.arrayContaining(["developer", "receiveAudio", "reportOutcome"]),
      );
      for (const credentials of Object.values(ready.principals)) {
        expect(credentials).toEqual({
          accessKeyId: expect.any(String),
          secretAccessKey: expect.any(String),
          sessionToken: expect.any(String),
        });
      }
      expect((await fetch(`${ready.api}/recordings`)).status).toBe(403);

      child.kill("SIGINT");
      const [code] = await once(child, "exit");

      expect(code).toBe(0);
      expect(await readdir(temporary)).toEqual([]);
      await expect(fetch(ready.api)).rejects.toThrow();
    },
  );

  it.skipIf(process.platform === "win32")(
    "--faults with --json prints the seed, and at the end how often which fault happened",
    async () => {
      const child = run("--json", "--faults", "reorder=1", "--seed", "42");
      const errors = text(child.stderr);
      const ready = JSON.parse(await firstLine(child));

      child.kill("SIGINT");

      expect(ready.seed).toBe(42);
      expect(await errors).toMatch(
        /^fault reorder: s3: a notification to \S+ is held back$.*^faults: reorder 1 \(seed 42\)$/ms,
      );
    },
  );

  it.skipIf(process.platform === "win32")(
    "shows each decision in a line, those of its start too, with the names of the template",
    async () => {
      const child = run("--no-console");
      const errors = text(child.stderr);
      const welcome = await printed(child, "From here on");
      const [, api = ""] = /^ {2}API +(\S+)$/m.exec(welcome) ?? [];
      const credentials = Object.fromEntries(
        [...welcome.matchAll(/^ {2}export AWS_(\w+)=(\S+)$/gm)].map(([, name, value = ""]) => [name, value]),
      );
      const { listRecordings } = createApi(api, credentials.REGION ?? "", async () => ({
        accessKeyId: credentials.ACCESS_KEY_ID ?? "",
        secretAccessKey: credentials.SECRET_ACCESS_KEY ?? "",
        sessionToken: credentials.SESSION_TOKEN ?? "",
      }));
      await listRecordings();
      child.kill("SIGINT");

      const lines = (await errors).split("\n").map((line) => line.replace(/^[\d:.]+ /, ""));
      expect(lines).toContain(
        "startTranscription       sqs:ReceiveMessage UploadsQueue allowed by PollQueue",
      );
      expect(lines).toContain(
        "listRecordings           s3:ListBucket RecordingsBucket, prefix=audio/ allowed by ListAudio",
      );
    },
  );

  it.skipIf(process.platform === "win32")(
    "serves the console and says where in one line, unless it is told not to",
    async () => {
      const child = run("--console-port", "0");
      child.stderr?.resume();
      const welcome = await printed(child, "From here on");

      const [, url = ""] = /^ {2}console {3}(http:\/\/127\.0\.0\.1:\d+) /m.exec(welcome) ?? [];
      expect(await (await fetch(url)).text()).toContain("<!doctype html>");
      child.kill("SIGINT");
      expect(await once(child, "exit")).toEqual([0, null]);
      await expect(fetch(url)).rejects.toThrow();

      const without = run("--no-console");
      without.stderr?.resume();
      expect(await printed(without, "From here on")).not.toContain("console");
      without.kill("SIGINT");
      await once(without, "exit");
      expect(await readdir(temporary)).toEqual([]);
    },
  );

  it("says which port is taken, and ends with 1", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    for (const option of ["--port", "--console-port"]) {
      const child = run(option, String(port));

      const [errors, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);

      expect(errors).toContain(`Port ${port} is taken`);
      expect(code).toBe(1);
      expect(await readdir(temporary)).toEqual([]);
    }
    server.close();
  });

  it.each([
    [["--port", "http"], "--port http is not a port"],
    [["--nonsense"], "--nonsense"],
    [["--faults", "thro=0.1"], "There is no fault thro. There are throttle, errors,"],
    [["--faults", "kill=2"], "kill is 2"],
    [["--seed", "1"], "--seed is of no use without --faults"],
    [["--console-port", "70000"], "--console-port 70000 is not a port"],
    [["--console-port", "0", "--no-console"], "exclude each other"],
  ])("refuses %j with its usage, and ends with 2", async (args, reason) => {
    const child = run(...args);

    const [errors, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);

    expect(errors).toContain(reason);
    expect(errors).toContain("rolecall start [--template FILE]");
    expect(code).toBe(2);
  });
});
