import { beforeAll, describe, expect, it } from "vitest";
import { type PackagedAs, packaged, readState, readTemplate } from "./testing/packaged.ts";

/*
 * What packages without a word and fails, or leaks, in the account. What the statements allow is a matter of the
 * permissions tool; here is what every template must have before it is worth asking.
 */

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
  readonly Principal?: { readonly Service?: string | string[] };
}
interface Resource {
  readonly Type: string;
  readonly DependsOn?: string | string[];
  // biome-ignore lint/suspicious/noExplicitAny: properties differ by type; the tests say which they expect
  readonly Properties: any;
}

async function packageTemplate(as: PackagedAs) {
  const folder = await packaged(as);
  const template = await readTemplate(folder);
  const resources: Record<string, Resource> = template.Resources;
  const outputs: Record<string, { Value: unknown }> = template.Outputs;
  const ofType = (type: string) => Object.values(resources).filter((resource) => resource.Type === type);
  return {
    text: template.text as string,
    service: (await readState(folder)).service.service as string,
    resources,
    outputs,
    ofType,
    /** What roles may do. */
    statements: ofType("AWS::IAM::Role").flatMap(({ Properties }) =>
      (Properties.Policies ?? []).flatMap(
        ({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) => PolicyDocument.Statement,
      ),
    ) as Statement[],
    /** That, who may assume each role, and what resource-based policies say. */
    everyStatement: [...policyDocuments(resources)].flatMap(({ Statement }) => Statement),
  };
}

const alarmEmail = "alarms@example.com";

describe.each<PackagedAs>([
  { stage: "dev", region: "us-east-1" },
  // The longest names, another partition, and what a parameter adds.
  { stage: "a-stage-18-long-xx", region: "cn-northwest-1", params: { alarmEmail } },
])("the template packaged for $stage in $region", ({ stage, region, params }) => {
  let template: Awaited<ReturnType<typeof packageTemplate>>;
  let service: string;

  beforeAll(async () => {
    template = await packageTemplate({ stage, region, ...(params && { params }) });
    service = template.service;
  });

  it("gives each function a role of its own, and Lambda no other role", () => {
    const used = template
      .ofType("AWS::Lambda::Function")
      .map(({ Properties }): string => Properties.Role["Fn::GetAtt"][0]);
    const forLambda = Object.entries(template.resources)
      .filter(([, { Type }]) => Type === "AWS::IAM::Role")
      .filter(([, role]) => JSON.stringify(role.Properties.AssumeRolePolicyDocument).includes('"lambda.'))
      .map(([id]) => id);

    expect(used).not.toEqual([]);
    expect(used.toSorted()).toEqual(forLambda.toSorted());
  });

  it("says by a Sid of letters and digits what each statement is for, in whatever policy", () => {
    expect(template.everyStatement.length).toBeGreaterThan(template.statements.length);
    for (const { Sid } of template.everyStatement) expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
  });

  it("grants no wildcard action, and every resource only where no narrower one is taken", () => {
    for (const { Sid, Effect, Action, Resource } of template.statements) {
      if (Effect === "Deny") continue;
      for (const action of [Action].flat()) {
        expect(action, Sid).not.toContain("*");
        if (Resource === "*") {
          const hint = `${Sid} grants ${action} on every resource: name the resource, or add an action that takes none to withoutResources in this file`;
          expect(action, hint).toMatch(withoutResources);
        }
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

    expect(routes).not.toEqual([]);
    for (const { RouteKey, AuthorizationType } of routes) expect(AuthorizationType, RouteKey).toBe("AWS_IAM");
  });

  it("lets services invoke functions only for a source that it names", () => {
    const permissions = template.ofType("AWS::Lambda::Permission").map(({ Properties }) => Properties);

    expect(permissions).not.toEqual([]);
    for (const { Principal, SourceArn } of permissions) expect(SourceArn, Principal).toBeDefined();
  });

  it("sets no variable that Lambda keeps for itself, nor AWS_PROFILE, which would break the credential chain", () => {
    for (const { Properties } of template.ofType("AWS::Lambda::Function")) {
      for (const name of Object.keys(Properties.Environment?.Variables ?? {})) {
        expect(name).not.toMatch(reservedVariables);
        expect(name).not.toBe("AWS_PROFILE");
      }
    }
  });

  it("writes no partition out", () => {
    expect(template.text).not.toMatch(/arn:aws[\w-]*:/);
  });

  it("names services as every partition does", () => {
    const named = [
      ...template.everyStatement.flatMap(({ Principal }) => [Principal?.Service ?? []].flat()),
      ...template.ofType("AWS::Lambda::Permission").map(({ Properties }) => Properties.Principal),
    ];

    expect(named).toContain("lambda.amazonaws.com");
    for (const name of named) expect(name).toMatch(/^[a-z0-9-]+(?:\.[a-z0-9-]+)?\.amazonaws\.com$/);
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
    const groups = new Map(
      template.ofType("AWS::Logs::LogGroup").map(({ Properties }) => [Properties.LogGroupName, Properties]),
    );

    for (const { Properties } of template.ofType("AWS::Lambda::Function"))
      expect(groups.get(`/aws/lambda/${Properties.FunctionName}`)?.RetentionInDays).toBeGreaterThan(0);
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
    const { Metrics } = template.resources.FunctionErrorsAlarm?.Properties ?? {};
    const watched = Metrics.flatMap(
      ({ MetricStat }: { MetricStat?: { Metric: { Dimensions: { Value: object }[] } } }) =>
        (MetricStat?.Metric.Dimensions ?? []).map(({ Value }) => Value),
    );

    expect(counted.map(({ MetricName }) => MetricName)).toEqual(
      expect.arrayContaining(["RecordingCannotStart", "TranscriptionFailed"]),
    );
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

  it("tells the ARN of every function's role", () => {
    const told = Object.values(template.outputs).map(({ Value }) => Value);

    for (const { Properties } of template.ofType("AWS::Lambda::Function"))
      expect(told).toContainEqual(Properties.Role);
  });

  it("mails alarms to the address that a parameter names, and to nobody without it", () => {
    const address = params?.alarmEmail ?? "";

    expect(template.resources.AlarmSubscription?.Properties.Endpoint).toBe(address);
    expect(JSON.parse(template.text).Conditions.HasAlarmEmail).toEqual({
      "Fn::Not": [{ "Fn::Equals": [address, ""] }],
    });
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

// least-privilege.test.ts has the other names that are refused.
it("a stage with an underscore, which job names rely on not to have, is refused", async () => {
  const refused = packaged({ stage: "a_b", region: "us-east-1" });

  await expect(refused).rejects.toThrow("Stage names may contain only");
});

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
