import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { root } from "../commands/run.ts";
import { bareAccount, deployedAccount, emptyBucket } from "../testing/fake-account.ts";
import { FakeError } from "../testing/fake-aws.ts";
import { useFakeAccount } from "../testing/use-fake-account.ts";
import { checkIdentity } from "./identity.ts";
import { type PreflightOptions, preflight } from "./preflight.ts";

const there = useFakeAccount(bareAccount);

const check = (options: Partial<PreflightOptions> = {}) =>
  preflight({ root, stage: "dev", region: "us-east-1", isRegionChosen: true, ...options });

const about = async (name: string, options?: Partial<PreflightOptions>) =>
  (await check(options)).filter((finding) => finding.check === name);

describe("before a first deployment", () => {
  it("all is fine in an account where nothing bears the stage's names", async () => {
    const findings = await check();

    expect(findings.filter(({ status }) => status !== "fine")).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual([
      "credentials",
      "region",
      "template",
      "names",
      "stack",
      "bucket name",
      "log groups",
      "functions",
      "queues",
      "roles",
      "Transcribe",
      "Lambda",
    ]);
  });

  it("what an earlier stage left behind would stop it, and each says how to take it away", async () => {
    there.state.buckets.set(there.plan.recordingsBucket, emptyBucket());
    there.state.logGroups.add(`/aws/lambda/${there.plan.stackName}-receiveAudio`);
    there.state.roles = deployedAccount(there.plan).roles;

    const problems = (await check()).filter(({ status }) => status === "problem");

    expect(problems.map(({ check }) => check)).toEqual(["bucket name", "log groups", "roles"]);
    for (const { remedy } of problems) expect(remedy).toMatch(/delete/);
  });

  it("Transcribe that does not answer would stop it", async () => {
    there.fake.handlers["transcribe:ListTranscriptionJobs"] = () => {
      throw new FakeError(
        "SubscriptionRequiredException",
        "The AWS Access Key Id needs a subscription for the service",
      );
    };

    expect(await about("Transcribe")).toMatchObject([
      { status: "problem", remedy: expect.stringContaining("day") },
    ]);
  });

  it("an account with a concurrency of 10 is warned of", async () => {
    there.state.concurrency = 10;

    expect(await about("Lambda")).toMatchObject([
      { status: "warning", remedy: expect.stringContaining("request-service-quota-increase") },
    ]);
  });

  it.each(["s3:HeadBucket", "lambda:GetAccountSettings", "cloudformation:DescribeStacks", "iam:GetRole"])(
    "without the right to %s nothing is called fine that it would have shown",
    async (action) => {
      const before = (await check()).filter(({ status }) => status === "fine").length;
      there.state.denied.add(action);

      const after = await check();

      expect(after.filter(({ status }) => status === "fine").length).toBeLessThan(before);
      const [finding] = after.filter(({ status }) => status !== "fine");
      expect(finding).toMatchObject({
        status: expect.stringMatching(/^(not checked|problem)$/),
        remedy: expect.any(String),
      });
    },
  );

  it("Transcribe that answers, but not to you, is not called fine", async () => {
    there.state.denied.add("transcribe:ListTranscriptionJobs");

    expect(await about("Transcribe")).toMatchObject([
      { status: "not checked", message: expect.stringContaining("answers in us-east-1") },
    ]);
  });

  it("it goes on when it is throttled", async () => {
    there.state.throttled.set("cloudformation:DescribeStacks", 2).set("iam:GetRole", 1);

    expect((await check()).filter(({ status }) => status !== "fine")).toEqual([]);
  });
});

describe("a stack that is there already", () => {
  it.each([
    ["CREATE_COMPLETE", "fine"],
    ["UPDATE_ROLLBACK_COMPLETE", "fine"],
    ["REVIEW_IN_PROGRESS", "fine"],
    ["UPDATE_IN_PROGRESS", "problem"],
    ["ROLLBACK_COMPLETE", "problem"],
    ["UPDATE_ROLLBACK_FAILED", "problem"],
    ["DELETE_FAILED", "problem"],
    ["CREATE_FAILED", "problem"],
  ])("is %s: %s", async (stackStatus, status) => {
    Object.assign(there.state, deployedAccount(there.plan), { stackStatus });

    expect(await about("stack")).toMatchObject([{ status }]);
  });

  it("owns its names: they are no collision", async () => {
    Object.assign(there.state, deployedAccount(there.plan));

    expect((await check()).filter(({ status }) => status !== "fine")).toEqual([]);
  });
});

describe("the credentials", () => {
  const caller = {
    arn: "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1/anna",
    accountId: "123456789012",
    partition: "aws",
    kind: "Identity Center session",
    isLongLived: false,
  } as const;
  const now = new Date("2026-11-24T12:00:00Z");

  it("of a session are fine, and say how long", () => {
    const expiration = new Date("2026-11-24T13:00:00Z");

    expect(checkIdentity({ ...caller, expiration }, now)).toMatchObject([
      { status: "fine", message: expect.stringContaining("60 minutes") },
    ]);
  });

  it("that are about to end are warned of", () => {
    const expiration = new Date("2026-11-24T12:05:00Z");

    expect(checkIdentity({ ...caller, expiration }, now)).toMatchObject([{ status: "warning" }]);
  });

  it("of a user, which never end, are named as such, with advice", async () => {
    delete process.env.AWS_SESSION_TOKEN;
    there.state.callerArn = "arn:aws:iam::123456789012:user/anna";

    const findings = await about("credentials");

    expect(findings).toMatchObject([
      {
        status: "warning",
        message: expect.stringContaining("long-lived"),
        remedy: expect.stringContaining("aws sso login"),
      },
    ]);
    expect(JSON.stringify(findings)).not.toContain(process.env.AWS_ACCESS_KEY_ID);
  });

  it("of the root user stop it", () => {
    expect(
      checkIdentity({ ...caller, arn: "arn:aws:iam::123456789012:root", kind: "root" }, now),
    ).toMatchObject([{ status: "problem" }]);
  });

  it("that are nowhere are said to be, with what to do, and the template is looked at all the same", async () => {
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
      delete process.env[name];
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");

    const findings = await check();

    expect(findings[0]).toMatchObject({
      check: "credentials",
      status: "problem",
      message: expect.stringMatching(/No credentials found.*aws sso login/),
    });
    expect(findings.map(({ check }) => check)).toEqual(["credentials", "region", "template", "names"]);
    vi.unstubAllEnvs();
  });

  it.each([
    ["ExpiredToken", /over.*aws sso login/],
    ["InvalidClientTokenId", /does not know these credentials.*opt-in/],
  ])("that STS refuses as %s are explained", async (code, message) => {
    there.fake.handlers["sts:GetCallerIdentity"] = () => {
      throw new FakeError(code, "The security token included in the request is not good", 403);
    };

    expect((await check())[0]).toMatchObject({ status: "problem", message: expect.stringMatching(message) });
  });
});

describe("the region", () => {
  it("that the profile says, and sls deploy does not read, is warned of", async () => {
    expect(await about("region", { isRegionChosen: false, profileRegion: "eu-west-1" })).toMatchObject([
      { status: "warning", remedy: expect.stringContaining("--region eu-west-1") },
    ]);
  });

  it("of another partition than the credentials' stops it", async () => {
    expect(await about("region", { region: "cn-north-1" })).toMatchObject([{ status: "problem" }]);
  }, 60_000);
});

describe("the template", () => {
  let broken: string;
  afterAll(() => rm(broken, { recursive: true, force: true }));

  it("that does not package stops it, in the framework's words", async () => {
    broken = await mkdtemp(join(tmpdir(), "preflight-test-"));
    await writeFile(join(broken, "package.json"), "{}");
    await writeFile(join(broken, "serverless.yml"), "service: voice-notes\n");

    expect(await about("template", { root: broken })).toMatchObject([{ status: "problem" }]);
  });

  it("with names too long stops it", async () => {
    const findings = await about("template", { stage: "a-stage-18-long-xx", region: "ap-southeast-1" });

    // This one just fits: what does not is refused when it is packaged.
    expect(findings).toMatchObject([{ status: "fine" }]);
  }, 60_000);
});
