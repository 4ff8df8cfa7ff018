import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { recordedTranscripts } from "../engines/speech/recorded.ts";
import type { LocalAws } from "./local-aws.ts";
import { startLocalAws } from "./start.ts";
import type { Resources } from "./testing/changed-package.ts";
import { photoStack, templateFile } from "./testing/photo-stack.ts";

const lines: string[] = [];
/** What functions got, by their keys. */
const got: { readonly key: string; readonly event: unknown }[] = [];

async function start(change: (resources: Resources) => void = () => {}): Promise<LocalAws> {
  const template = photoStack();
  change(template.Resources);
  await using file = await templateFile(template);
  return await startLocalAws({
    packaged: file.path,
    stage: "test",
    region: "us-east-1",
    recogniser: recordedTranscripts(),
    log: (line) => lines.push(line),
    onFunctionLog(key, line) {
      const [, event] = /got (\{.*)$/m.exec(line) ?? [];
      if (event !== undefined) got.push({ key, event: JSON.parse(event) });
    },
  });
}

describe("the parts of a service tell each other, as each one's policy lets them", () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await start();
    await aws.idle();
  }, 60_000);
  afterAll(() => aws?.close());
  beforeEach(() => {
    lines.length = 0;
    got.length = 0;
  });

  const arn = (logicalId: string) => aws.stack.resources.get(logicalId)?.arn ?? "";
  const queue = (logicalId: string) => aws.queues.get(arn(logicalId).split(":").at(-1) ?? "");
  const bodies = (logicalId: string) => (queue(logicalId)?.messages() ?? []).map(({ body }) => body);
  function empty(logicalId: string): void {
    for (const { receiptHandle } of queue(logicalId)?.receive(100) ?? [])
      queue(logicalId)?.delete(receiptHandle);
  }
  async function put(key: string): Promise<void> {
    await aws.objects.put(aws.buckets.get("Photos") ?? "", key, Buffer.from("photo"));
    await aws.idle();
  }
  /** Does something while a resource has no policy. */
  async function without(resourceArn: string, act: () => Promise<void>): Promise<void> {
    const policies = aws.policies.resource.get(resourceArn) ?? [];
    expect(policies).not.toEqual([]);
    aws.policies.resource.set(resourceArn, []);
    await act();
    aws.policies.resource.set(resourceArn, policies);
  }

  it("lists its buckets, and notes what is not imitated once", () => {
    expect([...aws.buckets.keys()]).toEqual(["Photos", "Archive"]);
    expect(aws.notes).toContainEqual({
      where: "ToSomebody (AWS::SNS::Subscription)",
      says: "not imitated: email gets nothing of what is published here",
    });
    expect(aws.notes.filter(({ where }) => where.startsWith("Photos "))).toHaveLength(1);
  });

  it("S3 invokes a function", async () => {
    await put("index/1.jpg");
    expect(got).toMatchObject([{ event: { Records: [{ s3: { object: { key: "index/1.jpg" } } }] } }]);

    await without(arn("Index"), () => put("index/2.jpg"));
    expect(got).toHaveLength(1);
    expect(lines).toEqual([expect.stringContaining("S3 may not send ObjectCreated:Put of index/2.jpg")]);
  });

  it("S3 publishes to a topic, which invokes a function and sends to a queue", async () => {
    empty("Inbox");
    await put("tell/1.jpg");
    expect(got).toMatchObject([
      { event: { Records: [{ EventSource: "aws:sns", Sns: { Subject: "Amazon S3 Notification" } }] } },
    ]);
    expect(bodies("Inbox")).toEqual([expect.stringContaining("tell/1.jpg")]);

    await without(arn("Uploads"), () => put("tell/2.jpg"));
    expect([got.length, bodies("Inbox").length]).toEqual([1, 1]);
    await without(arn("Tell"), () => put("tell/3.jpg"));
    expect([got.length, bodies("Inbox").length]).toEqual([1, 2]);
    await without(arn("Inbox"), () => put("tell/4.jpg"));
    expect([got.length, bodies("Inbox").length]).toEqual([2, 2]);
  });

  it("S3 tells Amazon EventBridge, whose rule sends to a FIFO queue, which a function polls", async () => {
    await put("print/my photo.jpg");
    expect(got).toMatchObject([
      {
        event: {
          Records: [
            {
              eventSource: "aws:sqs",
              body: '"print/my photo.jpg"',
              attributes: { MessageGroupId: "all", SequenceNumber: expect.any(String) },
            },
          ],
        },
      },
    ]);

    await without(arn("Prints"), () => put("print/2.jpg"));
    expect(got).toHaveLength(1);
    expect(lines).toEqual([expect.stringContaining("the queue needs an AWS::SQS::QueuePolicy")]);
  });

  it("a rule runs by its schedule when it is told to", async () => {
    aws.invokeSchedule("EveryNight");
    await aws.idle();
    expect(got).toMatchObject([{ event: { source: "aws.events", "detail-type": "Scheduled Event" } }]);

    await without(arn("Clean"), async () => {
      aws.invokeSchedule("EveryNight");
      await aws.idle();
    });
    expect(got).toHaveLength(1);
    expect(() => aws.invokeSchedule("EveryYear")).toThrow("There are: EveryNight, EveryHour.");
  });

  it("a schedule sends with its own role", async () => {
    empty("Inbox");
    aws.invokeSchedule("EveryHour");
    expect(bodies("Inbox")).toEqual(['{"count":true}']);
    expect(aws.schedules).toMatchObject([
      { logicalId: "EveryNight", expression: "cron(0 3 * * ? *)", next: expect.any(Date) },
      { logicalId: "EveryHour", expression: "rate(1 hour)", next: expect.any(Date) },
    ]);

    aws.policies.identity.set("EveryHour", []);
    aws.invokeSchedule("EveryHour");
    expect(bodies("Inbox")).toHaveLength(1);
    expect(lines).toEqual([expect.stringContaining("the role of EveryHour needs sqs:SendMessage")]);
  });

  it("a function that fails leaves a record with its own role", async () => {
    await put("resize/1.jpg");
    expect(bodies("Failures").map((body) => JSON.parse(body))).toMatchObject([
      {
        requestContext: { condition: "RetriesExhausted" },
        responsePayload: { errorMessage: "no such photo" },
      },
    ]);

    aws.policies.identity.set(
      "Resize",
      (aws.policies.identity.get("Resize") ?? []).filter(({ name }) => name !== "own"),
    );
    await put("resize/2.jpg");
    expect(bodies("Failures")).toHaveLength(1);
    expect(lines.at(-1)).toContain("the role of Resize needs sqs:SendMessage");
  });
});

describe("what AWS refuses at a deployment is refused at the start", () => {
  it.each<[string, (resources: Resources) => void, RegExp]>([
    [
      "a bucket that may not invoke its function",
      (resources) => {
        resources.IndexPermission.Properties.SourceAccount = "210987654321";
      },
      /Unable to validate the following destination configurations.*lambda:InvokeFunction/,
    ],
    [
      "a role that may not send to its function's destination",
      (resources) => {
        resources.ResizeRole.Properties.Policies.pop();
      },
      /does not have permissions to call SendMessage on arn:aws:sqs/,
    ],
    [
      "a role that may not send to its function's dead-letter queue",
      (resources) => {
        resources.Index.Properties.DeadLetterConfig = { TargetArn: { "Fn::GetAtt": ["Dead", "Arn"] } };
      },
      /Index: The provided execution role does not have permissions to call SendMessage on SQS/,
    ],
    [
      "a schedule whose role trusts somebody else",
      (resources) => {
        const [trust] = resources.ScheduleRole.Properties.AssumeRolePolicyDocument.Statement;
        trust.Principal.Service = "events.amazonaws.com";
      },
      /EveryHour: The execution role you provide must allow AWS EventBridge Scheduler to assume the role/,
    ],
    [
      "a schedule that is none",
      (resources) => {
        resources.EveryNight.Properties.ScheduleExpression = "nightly";
      },
      /Parameter ScheduleExpression is not valid: nightly/,
    ],
    [
      "a filter of a subscription that Amazon SNS does not know",
      (resources) => {
        resources.ToTell.Properties.FilterPolicy = { kind: [{ resembles: "x" }] };
      },
      /Invalid parameter: FilterPolicy/,
    ],
  ])("%s", async (_, change, reason) => {
    await expect(start(change)).rejects.toThrow(reason);
  });
});
