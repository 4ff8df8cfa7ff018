import { describe, expect, it } from "vitest";
import { listResources } from "../stage/deployed.ts";
import type { Plan } from "../stage/plan.ts";
import { deployedAccount } from "../testing/fake-account.ts";
import { FakeError } from "../testing/fake-aws.ts";
import { useOpenFakeAccount } from "../testing/use-fake-account.ts";
import type { Check } from "./check.ts";
import { checkPolicies } from "./deployed-policies.ts";

const boundary = "arn:aws:iam::123456789012:policy/deployer/deployer-boundary";
const there = useOpenFakeAccount(deployedAccount);

async function compare(expected: Plan = there.plan): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const resources = await listResources(there.account.clients.cloudFormation, there.plan.stackName);
  await checkPolicies(there.account, expected, resources, (check) => checks.push(check));
  return checks;
}

const statuses = (checks: readonly Check[]) => [...new Set(checks.map(({ status }) => status))];

describe("the policies as deployed", () => {
  it("are those of the template, also where AWS made up a name that they hold", async () => {
    const checks = await compare();

    expect(statuses(checks)).toEqual(["passed"]);
    expect(checks).toHaveLength(there.plan.service.roles.length + there.plan.service.resourcePolicies.size);
  });

  it("are not those of the template where somebody changed them: each difference, expected beside observed", async () => {
    there.state.changePolicy = (name, document) => {
      if (name === "listRecordings") return document.replace("audio/*", "*");
      if (name === "receiveAudio/trust") return document.replace("lambda.amazonaws.com", "ec2.amazonaws.com");
      return name === there.plan.recordingsBucket ? document.replace('"Deny"', '"Allow"') : document;
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
    there.state.boundary = boundary;

    const differing = (await compare()).filter(({ status }) => status !== "passed");

    expect(statuses(differing)).toEqual(["differs"]);
    expect(differing).toHaveLength(there.plan.service.roles.length);
    expect(differing[0]).toMatchObject({
      expected: "permissions boundary: none",
      observed: `permissions boundary: ${boundary}`,
    });
  });

  it("lack a boundary that the template names: a failure", async () => {
    const checks = await compare({ ...there.plan, boundary });

    expect(checks.filter(({ status }) => status === "failed")).toHaveLength(there.plan.service.roles.length);
  });

  it("have the boundary that the template names", async () => {
    there.state.boundary = boundary;

    expect(statuses(await compare({ ...there.plan, boundary }))).toEqual(["passed"]);
  });

  it("have a managed policy that somebody attached: a failure that names it", async () => {
    there.fake.handlers["iam:ListAttachedRolePolicies"] = ({ input }) => ({
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
    there.fake.handlers["s3:GetBucketPolicy"] = () => {
      throw new FakeError("NoSuchBucketPolicy", "The bucket policy does not exist", 404);
    };

    const failed = (await compare()).filter(({ status }) => status === "failed");

    expect(failed.length).toBeGreaterThan(0);
    for (const { observed } of failed) expect(observed).toBe("no such statement");
  });

  it("are not known where the caller may not read them", async () => {
    there.state.denied = new Set(["sqs:GetQueueAttributes"]);

    expect((await compare()).filter(({ status }) => status !== "passed")).toMatchObject([
      {
        status: "skipped",
        name: expect.stringContaining("UploadsQueue"),
        why: expect.stringContaining("not authorized"),
      },
    ]);
  });
});
