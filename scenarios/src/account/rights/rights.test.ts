import { parsePolicy } from "rolecall";
import { beforeAll, describe, expect, it } from "vitest";
import { findAction } from "../../../../rolecall/src/catalog/actions.ts";
import { root } from "../commands/run.ts";
import { type Plan, readPlan } from "../stage/plan.ts";
import { type Command, policyOf, type Right, rights } from "./rights.ts";

const account = { id: "123456789012", partition: "aws", region: "us-east-1" };
const commands = Object.entries(rights) as [Command, readonly Right[]][];
let plan: Plan;

beforeAll(async () => {
  plan = await readPlan({ root, stage: "dev" }, account);
}, 120_000);

describe.each(commands)("the rights of pnpm %s", (command, list) => {
  it("are actions that AWS has", async () => {
    const actions = list.flatMap((right) => right.actions);

    for (const action of actions) expect(await findAction(action), action).toMatchObject({ name: action });
  });

  it("are on what the actions are about: on * only where they have no resource of their own", async () => {
    for (const { actions, on } of list) {
      for (const action of actions) {
        const isUnscoped = (await findAction(action))?.resourceTypes.length === 0;
        // Describing groups and stacks by prefix takes the whole list.
        const mayBeWide = isUnscoped || /:(DescribeLogGroups|AssumeRole)$/.test(action);
        if (on === "*" || on === "the role to assume") expect(mayBeWide, action).toBe(true);
        else expect(isUnscoped, action).toBe(false);
      }
    }
  });

  it("make a policy that IAM takes, and that names nothing but this stage", () => {
    const policy = policyOf(command, { account, plan, apiId: "abc" });

    const { statements } = parsePolicy(policy, "identity-based");
    const resources = statements.flatMap((statement) => statement.resources?.patterns ?? []);
    for (const resource of resources) {
      const isOfStage = [plan.stackName, plan.jobNamePrefix, ":abc/$default/"].some((own) =>
        resource.includes(own),
      );
      expect(resource === "*" || isOfStage, resource).toBe(true);
    }
    expect(JSON.stringify(policy).length).toBeLessThan(6144);
  });
});
