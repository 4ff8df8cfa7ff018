import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { packageService } from "../rolecall/src/packaging/package-service.ts";
import { serviceName } from "../rolecall/src/packaging/service-name.ts";

/*
 * What packages without a word and fails, or leaks, in the account. What the statements allow is a matter of the
 * permissions tool; here is what every template must have before it is worth asking.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const service = serviceName(root);

/** Lambda refuses to deploy a function that sets one of them. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const reservedVariables =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_.*|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/;

/**
 * StartTranscriptionJob has no resource type; the others are what rights-of-settings.js grants for tracing and a VPC, for
 * the same reason.
 */
const withoutResources = /^(transcribe:StartTranscriptionJob|xray:Put\w+|ec2:\w+)$/;

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}
interface Resource {
  readonly Type: string;
  readonly DependsOn?: string | string[];
  // biome-ignore lint/suspicious/noExplicitAny: properties differ by type; the tests say which they expect
  readonly Properties: any;
}

async function packageTemplate(stage: string, region: string, params?: Record<string, string>) {
  const packaged = await packageService({ root, stage, region, ...(params && { params }) });
  const text = await readFile(join(packaged, "cloudformation-template-update-stack.json"), "utf8");
  const { Resources, Outputs } = JSON.parse(text) as {
    Resources: Record<string, Resource>;
    Outputs: Record<string, { Value: unknown }>;
  };
  const { service } = JSON.parse(await readFile(join(packaged, "serverless-state.json"), "utf8"));
  const functions = Object.values<{ events: readonly object[] }>(service.functions);
  const eventTypes = functions.flatMap(({ events }) => events.flatMap((event) => Object.keys(event)));
  const ofType = (type: string) => Object.values(Resources).filter((resource) => resource.Type === type);
  const everyStatement = [...policyDocuments(Resources)].flatMap(({ Statement }) => Statement);
  const statements = ofType("AWS::IAM::Role").flatMap(
    ({ Properties }) => Properties.Policies[0].PolicyDocument.Statement as Statement[],
  );
  return {
    text,
    service,
    /** How many functions serverless.yml has, and how many of their events are of a type. */
    functionCount: functions.length,
    eventCount: (...types: readonly string[]) => eventTypes.filter((type) => types.includes(type)).length,
    resources: Resources,
    outputs: Outputs,
    ofType,
    statements,
    everyStatement,
  };
}

describe.each([
  ["dev", "us-east-1"],
  ["a-stage-18-long-xx", "ap-southeast-1"],
  ["dev", "cn-north-1"],
  ["dev", "us-gov-west-1"],
])("the template packaged for %s in %s", (stage, region) => {
  let template: Awaited<ReturnType<typeof packageTemplate>>;

  beforeAll(async () => {
    template = await packageTemplate(stage, region);
  }, 60_000);

  it("gives each function a role of its own, and makes no other role", () => {
    const functions = template.ofType("AWS::Lambda::Function").map(({ Properties }) => Properties);
    const roles = new Set(functions.map(({ Role }) => Role["Fn::GetAtt"][0]));

    expect(functions).toHaveLength(template.functionCount);
    expect(roles.size).toBe(template.functionCount);
    expect(template.ofType("AWS::IAM::Role")).toHaveLength(template.functionCount);
    expect([...roles].every((role) => role in template.resources)).toBe(true);
  });

  it("says by a Sid of letters and digits what each statement is for, in whatever policy", () => {
    // Besides the roles' own: who may assume each, and the policies of buckets and queues.
    expect(template.everyStatement.length).toBeGreaterThan(
      template.statements.length + template.functionCount,
    );
    for (const { Sid } of template.everyStatement) expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
  });

  it("grants no wildcard action, and every resource only where no narrower one is taken", () => {
    for (const { Sid, Effect, Action, Resource } of template.statements) {
      if (Effect === "Deny") continue;
      for (const action of [Action].flat()) {
        expect(action, Sid).not.toContain("*");
        if (Resource === "*") expect(action, Sid).toMatch(withoutResources);
      }
    }
  });

  it("lets no function make log groups, which would come back after a removal", () => {
    expect(template.text).not.toContain("logs:CreateLogGroup");
  });

  it("keeps roles' names within IAM's 64 characters", () => {
    for (const { Properties } of template.ofType("AWS::IAM::Role")) {
      const name = Properties.RoleName["Fn::Join"][1].map((part: string | { Ref: string }) =>
        typeof part === "string" ? part : region,
      );
      expect(name.join("-").length).toBeLessThanOrEqual(64);
    }
  });

  it("opens no route to callers without an IAM signature", () => {
    const routes = template.ofType("AWS::ApiGatewayV2::Route").map(({ Properties }) => Properties);

    expect(routes).toHaveLength(template.eventCount("httpApi"));
    for (const { AuthorizationType } of routes) expect(AuthorizationType).toBe("AWS_IAM");
  });

  it("lets services invoke functions only for a source that it names", () => {
    const permissions = template.ofType("AWS::Lambda::Permission").map(({ Properties }) => Properties);

    expect(permissions).toHaveLength(template.eventCount("httpApi", "eventBridge"));
    for (const { SourceArn } of permissions) expect(SourceArn).toBeDefined();
  });

  it("sets no variable that Lambda keeps for itself, nor AWS_PROFILE, which would break the credential chain", () => {
    for (const { Properties } of template.ofType("AWS::Lambda::Function")) {
      for (const name of Object.keys(Properties.Environment.Variables)) {
        expect(name).not.toMatch(reservedVariables);
        expect(name).not.toBe("AWS_PROFILE");
      }
    }
  });

  it("writes no partition out", () => {
    expect(template.text).not.toMatch(/arn:aws[\w-]*:/);
  });

  it("names services as every partition does", () => {
    const services = new Set(template.text.match(/[\w-]+(?:\.[\w-]+)*\.amazonaws\.com[\w.]*/g));

    expect([...services].sort()).toEqual([
      "apigateway.amazonaws.com",
      "events.amazonaws.com",
      "lambda.amazonaws.com",
      "s3.amazonaws.com",
    ]);
  });

  it("puts no boundary on its roles, unless one is named", () => {
    for (const { Properties } of template.ofType("AWS::IAM::Role"))
      expect(Properties).not.toHaveProperty("PermissionsBoundary");
  });

  it("refers to nothing that is not there", () => {
    const parameters = /^AWS::/;
    for (const [id] of references(template.resources)) {
      if (!parameters.test(id)) expect(Object.keys(template.resources)).toContain(id);
    }
    for (const [id] of references(template.outputs)) {
      if (!parameters.test(id)) expect(Object.keys(template.resources)).toContain(id);
    }
  });

  it("sets the queue's policy up before the bucket that sends to it, without a circle", () => {
    const { RecordingsBucket: bucket, UploadsQueuePolicy: policy } = template.resources;

    expect(bucket?.DependsOn).toContain("UploadsQueuePolicy");
    expect([...references(policy)].map(([id]) => id)).not.toContain("RecordingsBucket");
  });

  it("hides a message from other readers for at least six times as long as its function may take", () => {
    const functionTimeout = template.resources.StartTranscriptionLambdaFunction?.Properties.Timeout;

    expect(template.resources.UploadsQueue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(
      6 * functionTimeout,
    );
  });

  it("keeps every function's log for a time and no longer", () => {
    const groups = template.ofType("AWS::Logs::LogGroup");

    expect(groups).toHaveLength(template.functionCount);
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(14);
  });

  it("closes the recordings bucket to everybody but its roles, keeps it encrypted, and its owner theirs", () => {
    const bucket = template.resources.RecordingsBucket?.Properties;

    expect(bucket.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(bucket.OwnershipControls.Rules).toEqual([{ ObjectOwnership: "BucketOwnerEnforced" }]);
    expect(bucket.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
      { ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } },
    ]);
  });

  it("lets the queue take messages of this bucket in this account only", () => {
    const [statement] = template.resources.UploadsQueuePolicy?.Properties.PolicyDocument.Statement ?? [];

    expect(statement).toMatchObject({
      Effect: "Allow",
      Principal: { Service: "s3.amazonaws.com" },
      Action: "sqs:SendMessage",
      Condition: {
        ArnEquals: { "aws:SourceArn": { "Fn::Sub": expect.stringContaining(`:s3:::${service}-${stage}-`) } },
        StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
      },
    });
  });

  it("lets a message wait for Transcribe's limits for days before it counts as dead", () => {
    const queue = template.resources.UploadsQueue?.Properties;
    const longestWait = queue.RedrivePolicy.maxReceiveCount * queue.VisibilityTimeout;

    expect(longestWait).toBeGreaterThan(5 * 86_400);
    expect(longestWait).toBeLessThan(queue.MessageRetentionPeriod);
  });

  it("alarms on what the functions count, and on every function's errors", () => {
    const alarms = template.ofType("AWS::CloudWatch::Alarm").map(({ Properties }) => Properties);
    const counted = alarms.filter(({ Namespace }) => Namespace === service);
    const { Metrics } = alarms.find((alarm) => alarm.Metrics);
    const watched = Metrics.flatMap(
      ({ MetricStat }: { MetricStat?: { Metric: { Dimensions: { Value: object }[] } } }) =>
        (MetricStat?.Metric.Dimensions ?? []).map(({ Value }) => Value),
    );

    expect(counted.map(({ MetricName }) => MetricName).sort()).toEqual([
      "RecordingCannotStart",
      "TranscriptionFailed",
    ]);
    for (const { Dimensions } of counted)
      expect(Dimensions).toEqual([{ Name: "service", Value: `${service}-${stage}` }]);
    for (const { Properties } of template.ofType("AWS::Lambda::Function")) {
      expect(Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME).toBe(`${service}-${stage}`);
      expect(Properties.Environment.Variables.POWERTOOLS_METRICS_NAMESPACE).toBe(service);
    }
    const functions = Object.entries(template.resources).filter(
      ([, { Type }]) => Type === "AWS::Lambda::Function",
    );
    expect(watched).toEqual(functions.map(([id]) => ({ Ref: id })));
  });

  it("tells the ARN of every role", () => {
    const told = Object.values(template.outputs).map(({ Value }) => Value);

    for (const [id, { Type }] of Object.entries(template.resources)) {
      if (Type === "AWS::IAM::Role") expect(told).toContainEqual({ "Fn::GetAtt": [id, "Arn"] });
    }
  });

  it("ends uploads that nobody finishes", () => {
    const { Rules } = template.resources.RecordingsBucket?.Properties.LifecycleConfiguration ?? {};

    expect(Rules).toContainEqual(
      expect.objectContaining({
        Status: "Enabled",
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      }),
    );
  });

  it("ends recordings after the messages about them, and before Transcribe forgets their jobs", () => {
    const { Rules } = template.resources.RecordingsBucket?.Properties.LifecycleConfiguration ?? {};
    const days = Rules.find(({ Id }: { Id: string }) => Id === "ExpireRecordings").ExpirationInDays;
    const retentionDays = template.resources.UploadsQueue?.Properties.MessageRetentionPeriod / 86_400;

    expect(days).toBeGreaterThan(retentionDays);
    expect(days).toBeLessThan(90);
  });
});

it.each(["Dev", "nineteen-characters", "a_b"])(
  "a stage that cannot name a bucket is refused: %s",
  async (stage) => {
    // The framework itself refuses the underscore, which job names rely on.
    const reason = /must be 1 to 18 lower-case letters, digits or dashes|Stage names may contain only/;

    await expect(packageTemplate(stage, "us-east-1")).rejects.toThrow(reason);
  },
  60_000,
);

it("alarms are mailed to the address that a parameter names, and to nobody without it", async () => {
  const email = "alarms@example.com";
  const { text, resources } = await packageTemplate("dev", "us-east-1", { alarmEmail: email });

  expect(resources.AlarmSubscription?.Properties.Endpoint).toBe(email);
  expect(JSON.parse(text).Conditions.HasAlarmEmail).toEqual({ "Fn::Not": [{ "Fn::Equals": [email, ""] }] });
}, 60_000);

/** Every policy below a value: identity-based, trust and resource-based. */
function* policyDocuments(value: unknown): Generator<{ Statement: Statement[] }> {
  if (typeof value !== "object" || value === null) return;
  if ("Statement" in value) yield value as { Statement: Statement[] };
  else for (const inner of Object.values(value)) yield* policyDocuments(inner);
}

/** Each Ref, Fn::GetAtt and name in a Fn::Sub below a value. */
function* references(value: unknown): Generator<[id: string]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "Ref") yield [inner as string];
    else if (key === "Fn::GetAtt") yield [[inner].flat()[0].split(".")[0]];
    else if (key === "Fn::Sub") {
      for (const [, name = ""] of [inner].flat()[0].matchAll(/\$\{([^!}]+)\}/g)) yield [name.split(".")[0]];
    } else yield* references(inner);
  }
}
