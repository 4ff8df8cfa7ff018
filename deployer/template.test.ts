import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readYamlTemplate } from "./read-template.ts";

/*
 * What the deployer's template must have before it is worth asking what it allows, which decisions.test.ts does.
 */

const root = fileURLToPath(new URL("..", import.meta.url));

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}
interface Document {
  readonly Statement: Statement[];
}
interface Template {
  readonly Parameters: Record<string, { AllowedPattern?: string }>;
  // biome-ignore lint/suspicious/noExplicitAny: properties differ by type
  readonly Resources: Record<string, { Type: string; Properties: any }>;
}

const template = (await readYamlTemplate(join(root, "deployer", "template.yml"))) as Template;
const text = JSON.stringify(template);

/** What each role may do, and the boundary; not whom they trust. */
const documents: Record<string, Document[]> = Object.fromEntries(
  Object.entries(template.Resources)
    .filter(([, { Type }]) => Type !== "AWS::IAM::OIDCProvider")
    .map(([id, { Properties }]) => [
      id,
      [
        Properties.PolicyDocument ??
          Properties.Policies.map((policy: { PolicyDocument: Document }) => policy.PolicyDocument),
      ].flat(),
    ]),
);
const statements = Object.values(documents)
  .flat()
  .flatMap(({ Statement }) => Statement);

describe("the deployer's template", () => {
  it("makes two roles, a boundary and at most GitHub's provider: no user, and no key", () => {
    expect(Object.values(template.Resources).map(({ Type }) => Type)).toEqual([
      "AWS::IAM::OIDCProvider",
      "AWS::IAM::Role",
      "AWS::IAM::Role",
      "AWS::IAM::ManagedPolicy",
    ]);
  });

  it("keeps its own things at a path that no name of a stage can begin with", () => {
    for (const { Type, Properties } of Object.values(template.Resources))
      if (Type !== "AWS::IAM::OIDCProvider") expect(Properties.Path).toBe("/deployer/");
    expect("deployer/").not.toMatch(new RegExp(`^${template.Parameters.Service?.AllowedPattern}$`));
  });

  it.each([
    ["dev", true],
    ["pr-*", true],
    ["eighteen-letters-x", true],
    ["*", false],
    ["-dev", false],
    ["dev*-x", false],
    ["Dev", false],
    ["nineteen-characters", false],
  ])("takes the stage %s: %s", (stage, isTaken) => {
    expect(new RegExp(`^(?:${template.Parameters.Stage?.AllowedPattern})$`).test(stage)).toBe(isTaken);
  });

  it.each([
    ["arn:aws:iam::123456789012:role/Developer", true],
    ["arn:aws-cn:iam::123456789012:user/team/anna", true],
    ["arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Developer_*", true],
    ["", true],
    ["*", false],
    ["arn:aws:iam::123456789012:*", false],
    ["arn:aws:iam::123456789012:role/*", false],
    ["arn:aws:iam::*:role/Developer", false],
    ["arn:aws:iam::123456789012:root", false],
  ])("trusts the principal %s: %s", (principal, isTaken) => {
    const { AllowedPattern } = template.Parameters.TrustedPrincipal ?? {};

    expect(new RegExp(`^(?:${AllowedPattern})$`).test(principal)).toBe(isTaken);
  });

  it("says by a Sid of letters and digits what each statement is for", () => {
    for (const [id, policies] of Object.entries(documents)) {
      const sids = policies.flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid));

      for (const sid of sids) expect(sid, id).toMatch(/^[A-Za-z0-9]+$/);
      expect(new Set(sids).size, id).toBe(sids.length);
    }
  });

  it("grants no wildcard action, and every resource only where the action has no resource type", () => {
    const everywhere = statements.filter(({ Effect, Resource }) => Effect === "Allow" && Resource === "*");

    for (const { Sid, Effect, Action } of statements)
      if (Effect === "Allow") for (const action of [Action].flat()) expect(action, Sid).not.toContain("*");
    expect(everywhere.flatMap(({ Action }) => Action).sort()).toEqual([
      "cloudformation:ListStacks",
      "cloudformation:ValidateTemplate",
      "lambda:CreateEventSourceMapping",
      "lambda:GetAccountSettings",
      "logs:DescribeIndexPolicies",
      "logs:DescribeLogGroups",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "s3:ListAllMyBuckets",
      "transcribe:ListTranscriptionJobs",
      "transcribe:StartTranscriptionJob",
    ]);
  });

  it("writes no partition, region or account out", () => {
    expect(text).not.toMatch(/arn:aws/);
    expect(text).not.toMatch(/[a-z]{2}-[a-z]+-\d|\d{12}(?!\})/);
  });

  it("keeps each policy within IAM's limits: 10,240 characters in a role, 6,144 in a managed policy", () => {
    // Intrinsics and names become a little longer or shorter; a fifth is left for that.
    const size = (id: string) => JSON.stringify(documents[id]).replaceAll(/\s|"Fn::Sub":/g, "").length;

    for (const id of ["DeployRole", "ExecutionRole"]) expect(size(id), id).toBeLessThan(0.8 * 10_240);
    expect(size("Boundary")).toBeLessThan(0.8 * 6144);
  });

  it("demands somebody who deploys", () => {
    expect(text).toContain("SomebodyDeploys");
  });
});
