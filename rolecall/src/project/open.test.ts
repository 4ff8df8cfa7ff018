import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { explain } from "../ask/explain/explain.ts";
import { concerning } from "../ask/lint/concerning.ts";
import { lint } from "../ask/lint/lint.ts";
import { viewPermissions } from "../ask/report/view.ts";
import { openProject } from "./open.ts";
import { folderOf } from "./testing/folder.ts";
import { version3, version4 } from "./testing/serverless-services.ts";

describe("a project of the Serverless Framework 3 with one role for all", () => {
  const open = async () => openProject({ root: await folderOf(version3) });

  it("has its functions by their keys, its stage, its region, and one zip for all", async () => {
    const { roles, stage, stack, project } = await open();

    expect(roles.map(({ functionKey }) => functionKey)).toEqual(["place-order", "nightly_report"]);
    expect([stage, stack.environment.region, stack.environment.stackName]).toEqual([
      "prod",
      "eu-west-1",
      "web-shop-prod",
    ]);
    expect([...project.code.values()]).toEqual(
      Array(2).fill({ zip: join(project.root, ".serverless", "web-shop.zip") }),
    );
  });

  it("has each statement at its line, without a Sid too, and says that the framework adds the others", async () => {
    const service = await open();
    const [first] = viewPermissions(service, service.sources).functions;

    expect(first?.statements.map(({ source }) => source)).toEqual([
      { file: "serverless.yml", line: 14, origin: "written" },
      { file: "serverless.yml", line: 19, origin: "written", why: "tells the warehouse" },
      { origin: "added" },
      { origin: "added" },
    ]);
  });

  it("answers what a function may do, by its key", async () => {
    const service = await open();
    const material = { service, sources: service.sources };
    const ask = (action: string, resource: string) =>
      explain({ principal: "place-order", action, resource }, material);

    expect((await ask("dynamodb:PutItem", "OrdersTable")).decision.outcome).toBe("allowed");
    expect((await ask("dynamodb:DeleteItem", "OrdersTable")).decision.outcome).toBe("implicitly denied");
  });

  it("has the event of a permission at its line", async () => {
    const { sources } = await open();

    expect(
      sources.statement({
        logicalId: "NightlyUnderscorereportLambdaPermissionEventsRuleSchedule2",
        sid: "any",
      }),
    ).toEqual({ file: "serverless.yml", line: 33, origin: "event" });
  });

  it("that was packaged for one stage is not asked about another", async () => {
    const root = await folderOf(version3);

    await expect(openProject({ root, stage: "dev" })).rejects.toThrow(
      "was packaged for the stage prod. Package dev first: npx serverless package --stage dev.",
    );
  });
});

describe("a project of the Serverless Framework 4 with a role for each function", () => {
  const open = async () => openProject({ root: await folderOf(version4) });

  it("has a zip for each function, and the stack's own name", async () => {
    const { stack, project } = await open();

    expect(stack.environment.stackName).toBe("album-of-dev");
    expect(Object.fromEntries(project.code)).toEqual({
      StoreLambdaFunction: { zip: join(project.root, ".serverless", "store.zip") },
      ShowLambdaFunction: { zip: join(project.root, ".serverless", "show.zip") },
    });
  });

  it("has each statement at its line, in the file that is included too", async () => {
    const { sources } = await open();

    expect(sources.statement({ functionKey: "store", sid: "StorePhotos" })).toMatchObject({
      file: "serverless.yml",
      line: 11,
    });
    expect(sources.statement({ functionKey: "show", sid: "ReadPhotos" })).toMatchObject({
      file: "show-rights.yml",
      line: 1,
    });
  });

  it("shows a function's findings about its URL and its permission too", async () => {
    const service = await open();
    const findings = await lint(service, service.sources, []);
    const about = (key: string) => concerning(findings, service, key).map(({ subject }) => subject);

    expect(about("show")).toEqual(
      expect.arrayContaining(["ShowLambdaFunctionUrl", "ShowLambdaPermissionFnUrl"]),
    );
    expect(about("store")).not.toEqual(expect.arrayContaining(["ShowLambdaFunctionUrl"]));
  });
});

describe("a plain template", () => {
  const yaml = `Parameters:
  Name: { Type: String }
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt WorkerRole.Arn
      Handler: index.handler
      Runtime: nodejs22.x
      Code:
        ZipFile: "exports.handler = async () => 1"
  Other:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt WorkerRole.Arn
      Handler: index.handler
      Runtime: nodejs22.x
      Code: ./other
  WorkerRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }
      Policies:
        - PolicyName: work
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              - Effect: Allow
                Action: sqs:SendMessage
                Resource: !GetAtt Jobs.Arn
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "\${Name}-jobs"
`;

  it("is read in YAML, with values for its parameters, and shows its own lines", async () => {
    const root = await folderOf({ "template.yaml": yaml, "other/index.js": "" });
    const says: string[] = [];
    const service = await openProject({
      root,
      params: { Name: "shop" },
      onFound: (what) => says.push(what),
    });
    const view = viewPermissions(service, service.sources);

    expect(says).toEqual(["Reading template.yaml."]);
    expect(service.stack.resources.get("Jobs")?.physicalId).toContain("shop-jobs");
    expect(view.functions[0]).toMatchObject({
      functionKey: "Worker",
      source: { file: "template.yaml", line: 4 },
      statements: [{ source: { file: "template.yaml", line: 31, origin: "written" } }],
    });
    expect(Object.fromEntries(service.project.code)).toEqual({
      Worker: { inline: "exports.handler = async () => 1" },
      Other: { folder: join(root, "other") },
    });
  });

  it("takes a policy that is not in it from a file, as the AWS CLI prints it or the document alone", async () => {
    const document = { Version: "2012-10-17", Statement: [] };
    const root = await folderOf({
      "template.yaml": yaml,
      "printed.json": { PolicyVersion: { Document: document } },
      "alone.json": document,
    });
    const policies = { "arn:one": join(root, "printed.json"), "arn:two": join(root, "alone.json") };
    const { stack } = await openProject({ root, policies, params: { Name: "shop" } });

    expect(stack.environment.policies).toEqual({ "arn:one": document, "arn:two": document });
    await expect(openProject({ root, policies: { "arn:one": join(root, "none.json") } })).rejects.toThrow(
      /Cannot read the policy arn:one in .*none.json/,
    );
  });

  it("knows no stages", async () => {
    const root = await folderOf({ "template.yaml": yaml });

    await expect(openProject({ root, stage: "dev" })).rejects.toThrow(
      "template.yaml does not depend on a stage: leave --stage out.",
    );
  });

  it.each([
    ["that is missing", {}, "template.json", /Cannot read the template .*template.json/],
    ["that is not YAML", { "a.yaml": "a: [1\nb: 2" }, "a.yaml", /a.yaml is neither JSON nor YAML/],
    [
      "without resources",
      { "a.json": "{}" },
      "a.json",
      /a.json is not a CloudFormation template: it has no Resources/,
    ],
  ])("%s is an error that names it", async (_, files, template, message) => {
    const root = await folderOf(files);

    await expect(openProject({ root, template })).rejects.toThrow(message);
  });
});
