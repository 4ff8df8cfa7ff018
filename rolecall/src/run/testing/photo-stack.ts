import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Resources } from "./changed-package.ts";

const arnOf = (logicalId: string) => ({ "Fn::GetAtt": [logicalId, "Arn"] });
const account = { Ref: "AWS::AccountId" };

const statement = (Action: string | string[], Resource: unknown) => ({ Effect: "Allow", Action, Resource });

/** Functions log each event that they get; one fails on all of them. */
const tells = "exports.handler = async (event) => { console.log('got ' + JSON.stringify(event)); };";
const fails = "exports.handler = async () => { throw new Error('no such photo'); };";

function lambda(code: string, statements: object[] = []): Resources {
  return { code, statements };
}

const functions: Readonly<Record<string, ReturnType<typeof lambda>>> = {
  Index: lambda(tells),
  Tell: lambda(tells),
  Clean: lambda(tells),
  Print: lambda(tells, [
    statement(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], arnOf("Prints")),
  ]),
  Resize: lambda(fails, [statement("sqs:SendMessage", [arnOf("Failures"), arnOf("Dead")])]),
};

/** Somebody may call a function for one of its resources. */
const permission = (name: string, Principal: string, SourceArn: unknown) => ({
  Type: "AWS::Lambda::Permission",
  Properties: {
    Action: "lambda:InvokeFunction",
    FunctionName: { Ref: name },
    Principal,
    SourceArn,
    SourceAccount: account,
  },
});

/** A service may send to a queue or publish to a topic for one of its resources. */
const mayPut = (Service: string, Action: string, Resource: unknown, source: unknown) => ({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service },
      Action,
      Resource,
      Condition: { ArnEquals: { "aws:SourceArn": source } },
    },
  ],
});

const queuePolicy = (name: string, Service: string, source: unknown) => ({
  Type: "AWS::SQS::QueuePolicy",
  Properties: {
    Queues: [{ Ref: name }],
    PolicyDocument: mayPut(Service, "sqs:SendMessage", arnOf(name), source),
  },
});

const bucketArn = "arn:aws:s3:::photos-of-a-test";

/** A service whose parts tell each other of photos in every way that the local run knows. */
export function photoStack(): { readonly Resources: Resources } {
  return {
    Resources: {
      ...Object.fromEntries(
        Object.entries(functions).flatMap(([name, { code, statements }]) => [
          [`${name}Role`, role("lambda.amazonaws.com", statements)],
          [
            name,
            {
              Type: "AWS::Lambda::Function",
              Properties: {
                FunctionName: name.toLowerCase(),
                Handler: "index.handler",
                Runtime: "nodejs24.x",
                Role: arnOf(`${name}Role`),
                Timeout: 10,
                Code: { ZipFile: code },
                Tags: [{ Key: "team", Value: "photos" }],
              },
            },
          ],
        ]),
      ),
      Photos: {
        Type: "AWS::S3::Bucket",
        DependsOn: ["IndexPermission", "UploadsPolicy", "ResizePermission"],
        Properties: {
          BucketName: "photos-of-a-test",
          VersioningConfiguration: { Status: "Enabled" },
          AccelerateConfiguration: { AccelerationStatus: "Suspended" },
          NotificationConfiguration: {
            EventBridgeConfiguration: {},
            LambdaConfigurations: [
              { Event: "s3:ObjectCreated:*", Function: arnOf("Index"), Filter: prefix("index/") },
              { Event: "s3:ObjectCreated:*", Function: arnOf("Resize"), Filter: prefix("resize/") },
            ],
            TopicConfigurations: [
              { Event: "s3:ObjectCreated:*", Topic: { Ref: "Uploads" }, Filter: prefix("tell/") },
            ],
          },
        },
      },
      Archive: { Type: "AWS::S3::Bucket" },
      IndexPermission: permission("Index", "s3.amazonaws.com", bucketArn),
      ResizePermission: permission("Resize", "s3.amazonaws.com", bucketArn),
      Uploads: { Type: "AWS::SNS::Topic" },
      UploadsPolicy: {
        Type: "AWS::SNS::TopicPolicy",
        Properties: {
          Topics: [{ Ref: "Uploads" }],
          PolicyDocument: mayPut("s3.amazonaws.com", "sns:Publish", { Ref: "Uploads" }, bucketArn),
        },
      },
      ToTell: subscription("lambda", arnOf("Tell")),
      ToInbox: subscription("sqs", arnOf("Inbox"), { RawMessageDelivery: true }),
      ToSomebody: subscription("email", "somebody@example.org"),
      TellPermission: permission("Tell", "sns.amazonaws.com", { Ref: "Uploads" }),
      Inbox: { Type: "AWS::SQS::Queue" },
      InboxPolicy: queuePolicy("Inbox", "sns.amazonaws.com", { Ref: "Uploads" }),
      OnPrint: {
        Type: "AWS::Events::Rule",
        Properties: {
          EventPattern: { source: ["aws.s3"], detail: { object: { key: [{ prefix: "print/" }] } } },
          Targets: [
            {
              Id: "queue",
              Arn: arnOf("Prints"),
              InputPath: "$.detail.object.key",
              SqsParameters: { MessageGroupId: "all" },
            },
          ],
        },
      },
      Prints: {
        Type: "AWS::SQS::Queue",
        Properties: { FifoQueue: true, ContentBasedDeduplication: "true" },
      },
      PrintsPolicy: queuePolicy("Prints", "events.amazonaws.com", arnOf("OnPrint")),
      PrintMapping: {
        Type: "AWS::Lambda::EventSourceMapping",
        Properties: { EventSourceArn: arnOf("Prints"), FunctionName: { Ref: "Print" }, BatchSize: "1" },
      },
      EveryNight: {
        Type: "AWS::Events::Rule",
        Properties: {
          ScheduleExpression: "cron(0 3 * * ? *)",
          Targets: [{ Id: "clean", Arn: arnOf("Clean") }],
        },
      },
      CleanPermission: permission("Clean", "events.amazonaws.com", arnOf("EveryNight")),
      EveryHour: {
        Type: "AWS::Scheduler::Schedule",
        Properties: {
          ScheduleExpression: "rate(1 hour)",
          FlexibleTimeWindow: { Mode: "OFF" },
          Target: { Arn: arnOf("Inbox"), RoleArn: arnOf("ScheduleRole"), Input: '{"count":true}' },
        },
      },
      ScheduleRole: role("scheduler.amazonaws.com", [statement("sqs:SendMessage", arnOf("Inbox"))]),
      Failures: { Type: "AWS::SQS::Queue" },
      Dead: { Type: "AWS::SQS::Queue" },
      ResizeRetries: {
        Type: "AWS::Lambda::EventInvokeConfig",
        Properties: {
          FunctionName: { Ref: "Resize" },
          Qualifier: "$LATEST",
          MaximumRetryAttempts: 0,
          DestinationConfig: { OnFailure: { Destination: arnOf("Failures") } },
        },
      },
    },
  };
}

const prefix = (Value: string) => ({ S3Key: { Rules: [{ Name: "prefix", Value }] } });

function subscription(Protocol: string, Endpoint: unknown, more: object = {}) {
  return {
    Type: "AWS::SNS::Subscription",
    Properties: { TopicArn: { Ref: "Uploads" }, Protocol, Endpoint, ...more },
  };
}

function role(Service: string, statements: readonly object[]) {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }],
      },
      Policies:
        statements.length === 0
          ? [logs]
          : [logs, { PolicyName: "own", PolicyDocument: { Version: "2012-10-17", Statement: statements } }],
    },
  };
}

const logs = {
  PolicyName: "logs",
  PolicyDocument: {
    Version: "2012-10-17",
    Statement: [statement(["logs:CreateLogStream", "logs:PutLogEvents"], "*")],
  },
};

/** Writes a template to a file, and removes it with `await using`. */
export async function templateFile(template: object): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = await mkdtemp(join(tmpdir(), "template-"));
  const path = join(directory, "template.json");
  await writeFile(path, JSON.stringify(template));
  return { path, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}
