import { parseTemplate } from "rolecall";
import { describe, expect, it } from "vitest";
import { serviceName } from "../../../../rolecall/src/packaging/service-name.ts";
import { root } from "../commands/run.ts";
import { readPlan, withoutBoundary } from "./plan.ts";

const service = serviceName(root);
const boundary = "arn:aws:iam::123456789012:policy/deployer/deployer-boundary";

describe("what the packaged template is called in an account", () => {
  it.each([
    ["aws", "us-east-1"],
    ["aws-cn", "cn-north-1"],
    ["aws-us-gov", "us-gov-west-1"],
  ])(
    "is that partition's: %s, %s",
    async (partition, region) => {
      const plan = await readPlan({ root, stage: "dev" }, { id: "111122223333", partition, region });

      expect(plan.recordingsBucket).toBe(`${service}-dev-111122223333-${region}`);
      expect(plan.jobNamePrefix).toBe(`${service}_dev_`);
      for (const { arn } of plan.service.roles)
        expect(arn).toMatch(new RegExp(`^arn:${partition}:iam::111122223333:role/`));
    },
    60_000,
  );

  it("holds what a condition leaves out, too: an earlier deployment may have had it", async () => {
    const { service: packaged, whole } = await readPlan(
      { root, stage: "dev" },
      { id: "111122223333", partition: "aws", region: "us-east-1" },
    );

    expect(packaged.stack.resources.has("AlarmTopic")).toBe(false);
    expect(whole.resources.get("AlarmTopic")?.physicalId).toMatch(new RegExp(`:${service}-dev-alarms$`));
  }, 60_000);
});

describe("a permissions boundary that stands outside the template", () => {
  const role = (PermissionsBoundary?: unknown) => ({
    Type: "AWS::IAM::Role",
    Properties: { RoleName: "a", ...(PermissionsBoundary !== undefined && { PermissionsBoundary }) },
  });
  const template = (...boundaries: unknown[]) =>
    parseTemplate({
      Resources: Object.fromEntries(boundaries.map((one, index) => [`Role${index}`, role(one)])),
    });

  it("is taken out of the roles, and kept by its ARN", () => {
    expect(withoutBoundary(template(boundary, boundary))).toEqual({
      template: template(undefined, undefined),
      boundary,
    });
  });

  it("is none where there is none, or where it is the template's own", () => {
    for (const one of [template(undefined), template({ Ref: "Own" })]) {
      expect(withoutBoundary(one)).toEqual({ template: one });
    }
  });
});
