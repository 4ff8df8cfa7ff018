import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Account, openAccount } from "../account/account.ts";
import { destroyClients } from "../account/clients.ts";
import { root } from "../commands/run.ts";
import { listResources } from "../stage/deployed.ts";
import { type Plan, readPlan } from "../stage/plan.ts";
import { useFakeAws } from "../testing/environment.ts";
import { type AccountState, accountHandlers, deployedAccount, refuse } from "../testing/fake-account.ts";
import { type FakeAws, FakeError, startFakeAws } from "../testing/fake-aws.ts";
import type { Check } from "./check.ts";
import { checkPolicies } from "./deployed-policies.ts";

const boundary = "arn:aws:iam::123456789012:policy/deployer/deployer-boundary";
let plan: Plan;
let state: AccountState;
let fake: FakeAws;
let account: Account;

beforeAll(async () => {
  plan = await readPlan(
    { root, stage: "dev" },
    { id: "123456789012", partition: "aws", region: "us-east-1" },
  );
}, 120_000);

beforeEach(async () => {
  await fake?.close();
  state = deployedAccount(plan);
  fake = await startFakeAws({
    handlers: accountHandlers(plan, state),
    before: (call) => refuse(state)(call),
  });
  useFakeAws(fake.url);
  if (account) destroyClients(account.clients);
  account = await openAccount("us-east-1");
});

afterAll(async () => {
  destroyClients(account.clients);
  await fake.close();
});

async function compare(expected: Plan = plan): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const resources = await listResources(account.clients.cloudFormation, plan.stackName);
  await checkPolicies(account, expected, resources, (check) => checks.push(check));
  return checks;
}

const statuses = (checks: readonly Check[]) => [...new Set(checks.map(({ status }) => status))];

describe("the policies as deployed", () => {
  it("are those of the template, also where AWS made up a name that they hold", async () => {
    const checks = await compare();

    expect(statuses(checks)).toEqual(["passed"]);
    expect(checks).toHaveLength(plan.service.roles.length + plan.service.resourcePolicies.size);
  });

  it("are not those of the template where somebody changed them: each difference, expected beside observed", async () => {
    state.changePolicy = (name, document) => {
      if (name === "listRecordings") return document.replace("audio/*", "*");
      if (name === "receiveAudio/trust") return document.replace("lambda.amazonaws.com", "ec2.amazonaws.com");
      return name === plan.recordingsBucket ? document.replace('"Deny"', '"Allow"') : document;
    };

    const failed = (await compare()).filter(({ status }) => status === "failed");

    expect(failed.map(({ name }) => name.replace(/ says.*/, ""))).toEqual([
      "the role of receiveAudio",
      "the role of listRecordings",
      "the policy of RecordingsBucket",
    ]);
    expect(failed[1]).toMatchObject({
      expected: expect.stringContaining("if s3:prefix StringLike audio/*"),
      observed: expect.stringContaining("if s3:prefix StringLike *"),
    });
  });

  it("have a boundary that the template does not name: told, and no failure, as it only takes away", async () => {
    state.boundary = boundary;

    const differing = (await compare()).filter(({ status }) => status !== "passed");

    expect(statuses(differing)).toEqual(["differs"]);
    expect(differing).toHaveLength(plan.service.roles.length);
    expect(differing[0]).toMatchObject({
      expected: "permissions boundary: none",
      observed: `permissions boundary: ${boundary}`,
    });
  });

  it("lack a boundary that the template names: a failure", async () => {
    const checks = await compare({ ...plan, boundary });

    expect(checks.filter(({ status }) => status === "failed")).toHaveLength(plan.service.roles.length);
  });

  it("have the boundary that the template names", async () => {
    state.boundary = boundary;

    expect(statuses(await compare({ ...plan, boundary }))).toEqual(["passed"]);
  });

  it("have a managed policy that somebody attached: a failure that names it", async () => {
    fake.handlers["iam:ListAttachedRolePolicies"] = ({ input }) => ({
      IsTruncated: false,
      AttachedPolicies: {
        member: String(input.RoleName).includes("readRecording")
          ? [{ PolicyName: "AdministratorAccess", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }]
          : [],
      },
    });

    expect((await compare()).filter(({ status }) => status === "failed")).toMatchObject([
      {
        name: expect.stringContaining("readRecording"),
        observed: expect.stringContaining("AdministratorAccess"),
      },
    ]);
  });

  it("are not those of the template where one was deleted", async () => {
    fake.handlers["s3:GetBucketPolicy"] = () => {
      throw new FakeError("NoSuchBucketPolicy", "The bucket policy does not exist", 404);
    };

    const failed = (await compare()).filter(({ status }) => status === "failed");

    expect(failed.length).toBeGreaterThan(0);
    for (const { observed } of failed) expect(observed).toBe("no such statement");
  });

  it("are not known where the caller may not read them", async () => {
    state.denied = new Set(["sqs:GetQueueAttributes"]);

    expect((await compare()).filter(({ status }) => status !== "passed")).toMatchObject([
      {
        status: "skipped",
        name: expect.stringContaining("UploadsQueue"),
        why: expect.stringContaining("not authorized"),
      },
    ]);
  });
});
