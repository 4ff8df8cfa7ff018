import { type ChildProcess, execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { packageService, parsePolicy } from "rolecall";
import { recordedTranscripts, startLocalAws } from "rolecall/run";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { samples } from "../../index.ts";
import { bareAccount, deployedAccount } from "../testing/fake-account.ts";
import { useFakeAccount } from "../testing/use-fake-account.ts";
import { defaultRegion } from "./options.ts";
import { root } from "./run.ts";

const commands = ["preflight", "smoke", "empty"] as const;
type Command = (typeof commands)[number];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const there = useFakeAccount(deployedAccount);

/** Runs a command as somebody does who has no terminal; never rejects. */
function start(
  command: Command,
  args: readonly string[],
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const file = fileURLToPath(new URL(`${command}.ts`, import.meta.url));
  const { promise: ended, resolve } = Promise.withResolvers<Ended>();
  const child = execFile(process.execPath, [file, ...args], { cwd: root }, (error, stdout, stderr) => {
    resolve({
      code: error ? Number(error.code) : 0,
      stdout: stripVTControlCharacters(stdout),
      stderr: stripVTControlCharacters(stderr),
    });
  });
  return { child, ended };
}

const run = (command: Command, ...args: string[]): Promise<Ended> => start(command, args).ended;

describe("each of the four commands", () => {
  /** Side by side, because most of their time is their start. */
  const runAll = (...args: string[]) =>
    Promise.all(commands.map(async (command) => ({ command, ...(await run(command, ...args)) })));

  it.each([
    [["--help"], 0, "pnpm"],
    [["--nonsense"], 2, "--nonsense"],
    [["--stage", "DEV"], 2, "lower-case"],
    [["--region", "somewhere"], 2, "no region"],
  ])("answers %j with exit code %i", async (args, expected, text) => {
    for (const { command, code, stdout, stderr } of await runAll(...args)) {
      expect(stdout + stderr, command).toContain(text);
      expect(code, command).toBe(expected);
    }
  });

  it.each<[Command, string[], string]>([
    ["smoke", ["--as-role", "my-role"], "the whole ARN of a role"],
    ["empty", ["--json"], "--json cannot ask"],
    ["empty", ["--check", "--yes"], "--check deletes nothing"],
  ])("%s answers its own %j with exit code 2, and calls nothing", async (command, args, text) => {
    const { code, stderr } = await run(command, ...args);

    expect(stderr).toContain(text);
    expect(code).toBe(2);
    expect(there.fake.calls).toEqual([]);
  });

  it("prints the smallest policy that it needs, and calls nothing else", async () => {
    for (const { command, code, stdout } of await runAll("--policy")) {
      const { statements } = parsePolicy(JSON.parse(stdout), "identity-based");
      expect(statements, command).not.toEqual([]);
      expect(code, command).toBe(0);
    }
    expect(there.fake.calls).toEqual(commands.map(() => "sts:GetCallerIdentity"));
  });

  it("says without credentials what to do, and ends", async () => {
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
      delete process.env[name];
    process.env.AWS_EC2_METADATA_DISABLED = "true";

    for (const { command, code, stdout, stderr } of await runAll()) {
      expect(stdout + stderr, command).toMatch(/No credentials found: .*aws sso login/);
      expect(code, command).toBe(1);
    }
  });

  it("prints no credentials, whatever happens", async () => {
    there.state.denied = new Set([
      "cloudformation:DescribeStacks",
      "sqs:GetQueueUrl",
      "s3:ListObjectVersions",
    ]);

    for (const { command, stdout, stderr } of await runAll("--json")) {
      expect(stdout + stderr, command).not.toMatch(/placeholder-(access|secret|session)/);
    }
  });
});

describe("pnpm preflight", () => {
  it("exits 0 where nothing would stop a deployment, and says how to deploy", async () => {
    const { code, stdout } = await run("preflight");

    expect(stdout).toContain("pnpm sls deploy --stage dev --region us-east-1");
    expect(code).toBe(0);
  });

  it("exits 1 for a problem, each with its remedy, also as JSON", async () => {
    there.state.stackStatus = "ROLLBACK_COMPLETE";

    const { code, stdout } = await run("preflight", "--json");

    const problems = JSON.parse(stdout).filter(({ status }: { status: string }) => status === "problem");
    expect(problems).toMatchObject([{ check: "stack", remedy: expect.stringContaining("pnpm sls remove") }]);
    expect(code).toBe(1);
  });

  it("never says fine of what it may not look at", async () => {
    there.state.denied.add("lambda:GetAccountSettings");

    const { code, stdout } = await run("preflight");

    expect(stdout).toMatch(/– Lambda +not checked: AccessDeniedException/);
    expect(code).toBe(0);
  });
});

describe("pnpm empty", () => {
  beforeEach(() => {
    const bucket = there.state.buckets.get(there.plan.recordingsBucket);
    if (bucket) bucket.versions = ["audio/1", "audio/2", "transcripts/1"].map((key) => [key, "null"]);
    there.state.jobs.set(`${there.plan.jobNamePrefix}1`, "COMPLETED");
  });

  it("shows what there is and deletes nothing, where there is nobody to ask", async () => {
    const { code, stdout, stderr } = await run("empty");

    expect(stdout).toContain("audio/: 2 objects");
    expect(stderr).toContain("say --yes if you mean it");
    expect(there.fake.calls).not.toContain("s3:DeleteObjects");
    expect(code).toBe(1);
  });

  it("--yes deletes all of it, and says what sls remove then takes away", async () => {
    const { code, stdout } = await run("empty", "--yes");

    expect(stdout).toMatch(/It is empty\..*pnpm sls remove.*AWS::Lambda::Function +7/s);
    expect(code).toBe(0);
  });

  it("exits 1 and names what remains", async () => {
    there.state.buckets.get(there.plan.recordingsBucket)?.locked.add("audio/2");

    const { code, stderr } = await run("empty", "--yes");

    expect(stderr).toMatch(/audio\/2: AccessDenied.*audio\/: 1 objects/s);
    expect(code).toBe(1);
  });

  it("--check says that nothing is left, where nothing is", async () => {
    Object.assign(there.state, bareAccount(there.plan), { deletedStackKept: [] });

    const { code, stdout } = await run("empty", "--check");

    expect(stdout).toContain("Nothing is left.");
    expect(code).toBe(0);
  });

  it("--check exits 1 for what is left, and for what it may not look for", async () => {
    Object.assign(there.state, bareAccount(there.plan), { logGroups: deployedAccount(there.plan).logGroups });
    const left = await run("empty", "--check");
    Object.assign(there.state, bareAccount(there.plan));
    there.state.denied.add("logs:DescribeLogGroups");
    const unknown = await run("empty", "--check");

    expect(left.stdout).toContain("Something is left.");
    expect(unknown.stdout).toContain("Not everything could be looked for.");
    expect([left.code, unknown.code]).toEqual([1, 1]);
  });
});

describe("pnpm smoke", () => {
  let aws: Awaited<ReturnType<typeof startLocalAws>>;
  beforeAll(async () => {
    const place = { stage: "dev", region: "us-east-1" };
    const packaged = await packageService({ root, ...place });
    aws = await startLocalAws({ packaged, ...place, recogniser: recordedTranscripts(samples) });
  }, 120_000);
  afterAll(() => aws?.close());
  beforeEach(() => {
    there.state.apiUrl = aws.api;
    const { accessKeyId = "", secretAccessKey = "", sessionToken = "" } = aws.principals.developer ?? {};
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    });
  });

  it("says what it costs before it begins, and on Ctrl-C deletes what it made", async () => {
    const { child, ended } = start("smoke", []);
    child.stdout?.once("data", () => child.kill("SIGINT"));

    const { code, stdout, stderr } = await ended;

    expect(stderr).toMatch(/It starts \d+ transcription jobs: \d+ cents at most/);
    expect(stdout).toMatch(/Clean-up\n✔ its \d+ recordings are deleted/);
    expect(stdout).toMatch(/skipped\nWhat was skipped is not known to work\./);
    expect(code).toBe(130);
  }, 60_000);

  it("is told what to deploy where there is nothing", async () => {
    there.state.stackStatus = undefined;

    const { code, stderr } = await run("smoke");

    expect(stderr).toContain("deploy it with pnpm sls deploy --stage dev --region us-east-1");
    expect(code).toBe(1);
  });
});

it("the region that counts when nobody names one is serverless.yml's", () => {
  expect(defaultRegion(root)).toBe("us-east-1");
});
