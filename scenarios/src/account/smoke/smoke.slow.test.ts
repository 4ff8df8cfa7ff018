import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { packageService, parsePolicy } from "rolecall";
import { type LocalAws, recordedTranscripts, startLocalAws } from "rolecall/run";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createApi, samples, scenarios } from "../../index.ts";
import { destroyClients } from "../account/clients.ts";
import { root } from "../commands/run.ts";
import { rights } from "../rights/rights.ts";
import { type Plan, readPlan } from "../stage/plan.ts";
import { useFakeAws } from "../testing/environment.ts";
import { type AccountState, accountHandlers, deployedAccount, refuse } from "../testing/fake-account.ts";
import { type FakeAws, type FakeCall, startFakeAws } from "../testing/fake-aws.ts";
import type { Check, Section } from "./check.ts";
import { runDenials } from "./denials.ts";
import { isGood, reportJson } from "./report.ts";
import { deployedStage } from "./scenarios.ts";
import { createSessions } from "./sessions.ts";
import { cost, findTarget, type SmokeOptions, type SmokeTarget, smoke } from "./smoke.ts";

/*
 * The local run as if it were deployed: its API, S3 and Transcribe, behind a fake of the services that it does not have.
 */

const place = { stage: "local", region: "us-east-1" };
const roleArn = "arn:aws:iam::123456789012:role/everything";
/** Milliseconds. A job has to run long enough to be met running. */
const jobDurations = { queued: 10, inProgress: 300 };
const patience = { transcription: 20_000, interval: 20 };
const cleanUp = { interval: 50, patience: 20_000 };

let aws: LocalAws;
let plan: Plan;
let state: AccountState;
let fake: FakeAws;
let target: SmokeTarget;
/** Transcription jobs. */
let startedHere = 0;
/** What S3 and Transcribe answer a refusal with: here a role, in an account a session. */
let refusalWords = "identity-based policy allows";

beforeAll(async () => {
  const packaged = await packageService({ root, ...place });
  aws = await startLocalAws({
    packaged,
    ...place,
    jobDurations,
    waitFactor: 1e-3,
    recogniser: recordedTranscripts(samples),
    onFunctionLog(_, line) {
      if (line.includes('"transcription started"')) startedHere += 1;
    },
  });
  plan = await readPlan(
    { root, stage: place.stage },
    { id: aws.accountId, partition: "aws", region: place.region },
  );
}, 120_000);

beforeEach(async () => {
  state = deployedAccount(plan);
  state.apiUrl = aws.api;
  refusalWords = "identity-based policy allows";
  allowDeveloper();
  const {
    "transcribe:ListTranscriptionJobs": _,
    "transcribe:DeleteTranscriptionJob": __,
    ...handlers
  } = accountHandlers(plan, state);
  fake = await startFakeAws({
    handlers: { ...handlers, "sts:AssumeRole": assumeRole },
    before: (call) => refuse(state)(call),
    upstream: aws.endpoint,
    rewrite: (text) => text.replaceAll("identity-based policy allows", refusalWords),
  });
  useFakeAws(fake.url);
  const { accessKeyId = "", secretAccessKey = "", sessionToken = "" } = aws.principals.developer ?? {};
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  });
  target = await findTarget({ root, ...place });
  return async () => {
    destroyClients(target.account.clients);
    await fake.close();
  };
});

afterAll(() => aws?.close());

/** Everything that pnpm smoke --policy asks for, of what the local run has. */
function allowDeveloper(...without: readonly string[]): void {
  const actions = [
    "execute-api:Invoke",
    "s3:*",
    "transcribe:GetTranscriptionJob",
    "transcribe:DeleteTranscriptionJob",
    "transcribe:ListTranscriptionJobs",
  ];
  const document = parsePolicy({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Action: actions.filter((action) => !without.includes(action)),
      Resource: "*",
    },
  });
  aws.policies.identity.set("developer", [{ name: "developer", document }]);
}

/** A function's session is its own here; any other is reportOutcome's, which has no need of its rights, under the policy. */
function assumeRole({ input }: FakeCall) {
  const name = String(input.RoleSessionName).replace("smoke-", "");
  const isFunction = name in aws.principals;
  if (!isFunction) {
    const document = parsePolicy(JSON.parse(String(input.Policy)));
    aws.policies.identity.set("reportOutcome", [{ name: "session", document }]);
  }
  const credentials = aws.principals[isFunction ? name : "reportOutcome"];
  return {
    Credentials: {
      AccessKeyId: credentials?.accessKeyId,
      SecretAccessKey: credentials?.secretAccessKey,
      SessionToken: credentials?.sessionToken,
      Expiration: "2030-01-01T00:00:00Z",
    },
  };
}

async function run(options: Partial<SmokeOptions> = {}): Promise<readonly Check[]> {
  return smoke(target, { report: () => {}, patience, cleanUp, ...options });
}

const inSection = (checks: readonly Check[], section: Section) =>
  checks.filter((check) => check.section === section);

async function recordingsLeft(): Promise<readonly string[]> {
  const names = await Promise.all(
    ["audio/", "transcripts/0"].map(async (prefix) => {
      const { Contents = [] } = await target.account.clients.s3.send(
        new ListObjectsV2Command({ Bucket: plan.recordingsBucket, Prefix: prefix }),
      );
      return Contents.map(({ Key = "" }) => Key);
    }),
  );
  return names.flat();
}

describe("a stage that works as the template says", () => {
  it("passes everything that can be tried, also when it is throttled, and leaves nothing behind", async () => {
    refusalWords = "session policy allows";
    state.throttled.set("cloudformation:ListStackResources", 1).set("iam:GetRolePolicy", 2);
    startedHere = 0;

    const checks = await run({ roleArn });

    const notPassed = checks.filter(({ status }) => status !== "passed");
    expect(notPassed.map(({ name, observed, why }) => `${name}: ${observed ?? why}`)).toEqual([]);
    expect(inSection(checks, "behaviour").map(({ name }) => name)).toEqual(scenarios.map(({ name }) => name));
    expect(await recordingsLeft()).toEqual([]);
    expect(isGood(checks, false)).toBe(true);
    expect(isGood(checks, true)).toBe(true);
    expect([...state.throttled.values()]).toEqual([0, 0]);
    // With no more rights than pnpm smoke --policy asks for.
    const asked = new Set<string>(rights.smoke.flatMap(({ actions }) => actions));
    // S3's operations are called otherwise than its actions; the local run decides those by the policy itself.
    const called = [...new Set(fake.calls)].filter((call) => !call.startsWith("s3:"));
    expect(called.filter((call) => !asked.has(call)).sort()).toEqual([
      "sts:GetCallerIdentity",
      // In a session alone.
      "transcribe:StartTranscriptionJob",
    ]);
    // What it said that it would cost.
    expect(startedHere).toBe(cost.jobs);
  }, 120_000);

  it("shows nothing of a function where the refusal may be the assumed role's own", async () => {
    const { account, url } = target;
    const sessions = createSessions(account, plan, url, roleArn);
    const { signal } = new AbortController();
    const stage = deployedStage(url, createApi(url, account.region, account.credentials), signal);
    const checks: Check[] = [];

    await runDenials(stage, sessions, { signal, report: (check) => checks.push(check), onStart: () => {} });

    sessions.close();
    const denials = checks.filter(({ name }) => name.includes("lists recordings"));
    expect(denials).not.toEqual([]);
    for (const { status, why } of denials) {
      expect(status).toBe("skipped");
      expect(why).toMatch(/not known for which reason.*no identity-based policy/);
    }
  });

  it("says nothing of the account's id in its JSON", async () => {
    const checks = await run({ signal: AbortSignal.abort(new Error("at once")) });

    expect(reportJson(target, checks)).not.toContain(aws.accountId);
  });
});

describe("a stage that is not as the template says", () => {
  it("fails where the service does otherwise, and is cleaned up all the same", async () => {
    // Nobody may list any more, as if somebody had changed the role by hand.
    const [list] = aws.policies.identity.get("listRecordings") ?? [];
    aws.policies.identity.set("listRecordings", []);
    try {
      const ending = new AbortController();
      const checks = await run({
        signal: ending.signal,
        report: ({ section }) => section !== "behaviour" && ending.abort(new Error("enough")),
      });

      const failed = checks.filter(({ status }) => status === "failed");
      expect(failed.map(({ name }) => name)).toContain("recordings are listed page after page, each once");
      expect(failed[0]?.observed).toMatch(/answered 500/);
      expect(isGood(checks, false)).toBe(false);
      expect(await recordingsLeft()).toEqual([]);
    } finally {
      if (list) aws.policies.identity.set("listRecordings", [list]);
    }
  }, 120_000);

  it("skips what takes a role to assume and what the caller may not look at, and says so: skipped is not passed", async () => {
    state.denied = new Set(["iam:GetRole", "iam:SimulatePrincipalPolicy", "lambda:GetPolicy"]);

    const checks = await run();

    for (const { status, why } of inSection(checks, "denials")) {
      expect(status).toBe("skipped");
      expect(why).toContain("--as-role");
    }
    const denied = checks.filter(
      ({ status, why }) => status === "skipped" && why?.includes("not authorized"),
    );
    expect(new Set(denied.map(({ section }) => section))).toEqual(new Set(["policies", "simulation"]));
    expect(isGood(checks, false)).toBe(true);
    expect(isGood(checks, true)).toBe(false);
  }, 120_000);

  it("is said where it is not deployed, with what to do", async () => {
    state.stackStatus = undefined;

    await expect(findTarget({ root, ...place })).rejects.toThrow(
      /deploy it with pnpm sls deploy --stage local/,
    );
  });
});

describe("a run that is ended early", () => {
  it("stops at once, deletes what it made, and says what was not seen", async () => {
    const ending = new AbortController();
    const checks = await run({
      signal: ending.signal,
      onProgress: (what) =>
        what.includes("links to the very audio") && setTimeout(() => ending.abort(new Error("ended")), 50),
    });

    expect(inSection(checks, "behaviour").length).toBeLessThan(scenarios.length);
    expect(checks.at(-2)).toMatchObject({ status: "skipped", why: "it was ended" });
    expect(checks.at(-1)).toMatchObject({ section: "cleanUp", status: "passed" });
    expect(await recordingsLeft()).toEqual([]);
  }, 60_000);
});
