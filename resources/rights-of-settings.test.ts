import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rightsOfSettings } from "./rights-of-settings.js";

/*
 * Packaged by the framework itself, because what is tested is what the framework and the roles plugin leave out.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const queue = { "Fn::GetAtt": ["Queue", "Arn"] };
const stream = { "Fn::GetAtt": ["Stream", "Arn"] };
const topic = { Ref: "Topic" };
const key = { "Fn::GetAtt": ["Key", "Arn"] };
const accessPoint = { "Fn::GetAtt": ["AccessPoint", "Arn"] };
const vpc = { securityGroupIds: ["sg-1"], subnetIds: ["subnet-1"] };
const arnOf = (name: string) => ({
  "Fn::Sub": `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:settings-dev-${name}`,
});

/** Functions by what is set in each. */
const functions = {
  plain: {},
  traced: { tracing: true },
  encrypted: { kmsKeyArn: key },
  attached: { vpc },
  mounted: { vpc, fileSystemConfig: { arn: accessPoint, localMountPath: "/mnt/files" } },
  "to-queue": { onError: queue },
  to_topic: { onError: topic },
  told: {
    onError: { "Fn::ImportValue": "queue" },
    iamRoleStatements: [
      { Sid: "Own", Effect: "Allow", Action: ["sqs:SendMessage"], Resource: { "Fn::ImportValue": "queue" } },
    ],
  },
  routed: { destinations: { onSuccess: "plain", onFailure: { type: "sqs", arn: queue } } },
  publishing: {
    destinations: {
      onSuccess: "arn:aws:events:us-east-1:123456789012:event-bus/bus",
      onFailure: "arn:aws:sns:us-east-1:123456789012:topic",
    },
  },
  streaming: {
    events: [
      {
        stream: {
          type: "kinesis",
          arn: stream,
          consumer: true,
          destinations: { onFailure: { type: "sns", arn: topic } },
        },
      },
    ],
  },
  queued: { events: [{ sqs: { arn: queue } }], provisionedConcurrency: 1 },
  silent: { disableLogs: true },
  durable: { durableConfig: { executionTimeout: 60 } },
};

const resource = (Type: string, Properties = {}) => ({ Type, Properties });

let folder: string;
let template: { Resources: Record<string, { Type: string; DependsOn?: unknown; Properties: Properties }> };
// biome-ignore lint/suspicious/noExplicitAny: properties differ by type; the tests say which they expect
type Properties = any;

/** @throws Error with what the framework said */
async function packageWith(changes: object) {
  const config = {
    service: "settings",
    plugins: ["serverless-iam-roles-per-function", "./plugin.mjs"],
    package: { patterns: ["!**", "handler.js"] },
    resources: {
      Resources: {
        Queue: resource("AWS::SQS::Queue"),
        Topic: resource("AWS::SNS::Topic"),
        Key: resource("AWS::KMS::Key"),
        Stream: resource("AWS::Kinesis::Stream"),
        AccessPoint: resource("AWS::EFS::AccessPoint", { FileSystemId: "fs-1" }),
      },
    },
    ...changes,
  };
  await writeFile(join(folder, "serverless.json"), JSON.stringify(config));
  const sls = createRequire(import.meta.url).resolve("osls/bin/serverless.js");
  await promisify(execFile)(process.execPath, [sls, "package", "--package", "packaged"], {
    cwd: folder,
    env: {
      ...Object.fromEntries(
        Object.entries(process.env).filter(([variable]) => !/^(AWS|SLS|SERVERLESS)_/i.test(variable)),
      ),
      NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compile"),
      ...{ HOME: folder, TMPDIR: folder, TEMP: folder, TMP: folder }, // and nothing is left behind
    },
  }).catch((error: Error & { stdout: string; stderr: string }) => {
    throw new Error(error.stdout + error.stderr);
  });
  return JSON.parse(
    await readFile(join(folder, "packaged", "cloudformation-template-update-stack.json"), "utf8"),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(root, "node_modules", ".settings-"));
  await writeFile(join(folder, "handler.js"), "exports.handler = async () => {};\n");
  const plugin = new URL("least-privilege.js", import.meta.url);
  await writeFile(join(folder, "plugin.mjs"), `export { default } from ${JSON.stringify(plugin)};\n`);
  template = await packageWith({
    provider: { name: "aws", runtime: "nodejs24.x", region: "us-east-1" },
    functions: Object.fromEntries(
      Object.entries(functions).map(([name, settings]) => [
        name,
        { handler: "handler.handler", iamRoleStatements: [], ...settings },
      ]),
    ),
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const roleOf = (name: string): Properties => {
  const id = `${name[0]?.toUpperCase()}${name.slice(1)}`.replace("-", "Dash").replace("_", "Underscore");
  const role = template.Resources[`${id}LambdaFunction`]?.Properties.Role["Fn::GetAtt"][0];
  return template.Resources[role]?.Properties;
};

/** What a function's role says, besides its logs. */
const statementsOf = (name: string): object[] =>
  roleOf(name).Policies[0].PolicyDocument.Statement.filter(
    ({ Sid }: { Sid: string }) => Sid !== "WriteOwnLogs",
  );

const allow = (Sid: string, Action: string[], Resource: unknown) => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource,
});

describe("a function's role has what its settings need", () => {
  it("nothing where nothing is set, and no managed policy anywhere", () => {
    expect(statementsOf("plain")).toEqual([]);
    for (const name of Object.keys(functions)) expect(roleOf(name).ManagedPolicyArns).toEqual([]);
  });

  it.each([
    ["traced", [allow("SendTraces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")]],
    ["encrypted", [allow("DecryptEnvironment", ["kms:Decrypt"], key)]],
    ["to-queue", [allow("SendDeadLetters", ["sqs:SendMessage"], queue)]],
    ["to_topic", [allow("SendDeadLetters", ["sns:Publish"], topic)]],
    ["told", functions.told.iamRoleStatements],
    [
      "routed",
      [
        allow("SendSuccesses", ["lambda:InvokeFunction"], arnOf("plain")),
        allow("SendFailures", ["sqs:SendMessage"], queue),
      ],
    ],
    [
      "publishing",
      [
        allow("SendSuccesses", ["events:PutEvents"], functions.publishing.destinations.onSuccess),
        allow("SendFailures", ["sns:Publish"], functions.publishing.destinations.onFailure),
      ],
    ],
    [
      "durable",
      [
        allow(
          "KeepDurableProgress",
          ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"],
          {
            "Fn::Sub": `${arnOf("durable")["Fn::Sub"]}:*/durable-execution/*/*`,
          },
        ),
      ],
    ],
  ])("%s: %j", (name, statements) => {
    expect(statementsOf(name)).toEqual(statements);
  });

  it("attached: Lambda may manage the interfaces of the VPC, and the function's code may not", () => {
    const [attach, keep] = statementsOf("attached") as Properties[];

    expect(attach).toMatchObject({ Sid: "AttachToVpc", Effect: "Allow", Resource: "*" });
    expect(attach.Action).toContain("ec2:CreateNetworkInterface");
    expect(keep).toEqual({
      ...attach,
      Sid: "KeepVpcFromCode",
      Effect: "Deny",
      Condition: { ArnEquals: { "lambda:SourceFunctionArn": arnOf("attached") } },
    });
  });

  it("mounted: the files of its access point", () => {
    expect(statementsOf("mounted")).toContainEqual(
      expect.objectContaining({
        Sid: "MountFiles",
        Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        Condition: { ArnEquals: { "elasticfilesystem:AccessPointArn": accessPoint } },
      }),
    );
  });

  it("streaming: its consumer, and where failed records go", () => {
    const [consumer] = Object.entries(template.Resources).find(
      ([, { Type }]) => Type === "AWS::Kinesis::StreamConsumer",
    ) ?? [undefined];

    expect(statementsOf("streaming")).toEqual([
      expect.objectContaining({ Sid: "ReadStream", Resource: [stream] }),
      allow("SendFailedRecords", ["sns:Publish"], topic),
      allow("FindShards", ["kinesis:DescribeStreamSummary", "kinesis:ListShards"], stream),
      allow("SubscribeToShards", ["kinesis:SubscribeToShard"], { Ref: consumer }),
    ]);
  });

  it("silent: no right to write logs, as there are none", () => {
    expect(roleOf("silent").Policies).toBeUndefined();
  });
});

it("leaves nothing that refers to the role for all functions, also behind an alias", () => {
  expect(JSON.stringify(template)).not.toContain('"IamRoleLambdaExecution"');
  expect(template.Resources.QueuedEventSourceMappingSQSQueue?.DependsOn).toContain(
    "QueuedIamRoleLambdaExecution",
  );
});

it("refuses a destination that could be a queue or a topic, and says what to write", () => {
  const settings = { name: "one", iamRoleStatements: [], onError: { "Fn::ImportValue": "queue" } };
  const subject = {
    key: "one",
    id: "OneLambdaFunction",
    settings,
    compiled: {},
    resources: {},
    settingsOf: () => ({}),
  };

  expect(() => rightsOfSettings(subject)).toThrow(
    /one: what onError .*queue.* is cannot be told here.*Write that in iamRoleStatements of one/,
  );
});
