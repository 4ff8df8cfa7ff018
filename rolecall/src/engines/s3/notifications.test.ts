import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startTestEndpoint } from "../../gate/endpoint/fixtures.ts";
import { accountId } from "../../run/testing/gate.ts";
import { encodeKey } from "./keys.ts";

const queueArn = "arn:aws:sqs:us-east-1:123456789012:uploads";
const Bucket = "photos";
const rule = (events: string[], filter: object = {}) => [
  { name: Bucket, notifications: [{ targetArn: queueArn, events, ...filter }] },
];

/** One bucket with the rules of several. */
const together = (...rules: ReturnType<typeof rule>[]) => [
  { name: Bucket, notifications: rules.flatMap(([bucket]) => bucket?.notifications ?? []) },
];

const objectOf = (message: Record<string, unknown> | undefined) =>
  (
    message?.Records as
      | { eventName: string; s3: { object: { key: string; sequencer: string } } }[]
      | undefined
  )?.[0];

describe("notifications", () => {
  it("tell of each created object in the shape of event version 2.1", async () => {
    await using endpoint = await startTestEndpoint({ buckets: rule(["s3:ObjectCreated:*"]) });
    const { ETag, $metadata } = await endpoint
      .client()
      .send(new PutObjectCommand({ Bucket, Key: "originals/my note+é.wav", Body: "sound" }));
    expect(endpoint.sent).toEqual([
      {
        targetArn: queueArn,
        message: {
          Records: [
            {
              eventVersion: "2.1",
              eventSource: "aws:s3",
              awsRegion: "us-east-1",
              eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
              eventName: "ObjectCreated:Put",
              userIdentity: { principalId: "AWS:storePhoto" },
              requestParameters: { sourceIPAddress: "127.0.0.1" },
              responseElements: { "x-amz-request-id": $metadata.requestId, "x-amz-id-2": "local-run" },
              s3: {
                s3SchemaVersion: "1.0",
                configurationId: "local-run",
                bucket: {
                  name: Bucket,
                  ownerIdentity: { principalId: "local-run" },
                  arn: "arn:aws:s3:::photos",
                },
                object: {
                  key: "originals/my+note%2B%C3%A9.wav",
                  size: 5,
                  eTag: ETag?.replaceAll('"', ""),
                  sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
                },
              },
            },
          ],
        },
      },
    ]);
  });

  it("name how the object came to be, and grow in order", async () => {
    await using endpoint = await startTestEndpoint({
      buckets: rule(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]),
    });
    const client = endpoint.client();
    const Key = "k";
    await client.send(new PutObjectCommand({ Bucket, Key, Body: "sound" }));
    await client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/${Key}` }));
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const { ETag } = await client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "sound" }),
    );
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    const { url, fields } = await createPresignedPost(client, { Bucket, Key });
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob(["sound"]));
    await fetch(url, { method: "POST", body: form });
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
    const records = endpoint.sent.map(({ message }) => objectOf(message));
    expect(records.map((record) => record?.eventName)).toEqual([
      "ObjectCreated:Put",
      "ObjectCreated:Copy",
      "ObjectCreated:CompleteMultipartUpload",
      "ObjectCreated:Post",
      "ObjectRemoved:Delete",
    ]);
    const sequence = records.map((record) => record?.s3.object.sequencer ?? "");
    expect(sequence).toEqual([...sequence].sort());
    expect(new Set(sequence).size).toBe(sequence.length);
  });

  it("keep to the events, the prefix and the suffix of their rule", async () => {
    await using endpoint = await startTestEndpoint({
      buckets: rule(["s3:ObjectCreated:Put"], { prefix: "originals/", suffix: ".wav" }),
    });
    for (const key of ["originals/1.wav", "originals/1.mp3", "results/1.wav"]) {
      await endpoint.s3.objects.put(Bucket, key, Buffer.from("sound"));
    }
    await endpoint
      .client()
      .send(
        new CopyObjectCommand({ Bucket, Key: "originals/2.wav", CopySource: `${Bucket}/originals/1.wav` }),
      );
    expect(endpoint.sent.map(({ message }) => objectOf(message)?.s3.object.key)).toEqual(["originals/1.wav"]);
  });

  it("reach no queue whose policy does not allow it, and the upload succeeds all the same", async () => {
    await using endpoint = await startTestEndpoint({
      buckets: rule(["s3:ObjectCreated:*"]),
      allowService: () => false,
    });
    await endpoint.client().send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound" }));
    expect(endpoint.sent).toEqual([]);
    expect(endpoint.logged).toHaveLength(1);
    expect(() => endpoint.s3.sendTestEvent()).toThrow(
      "Unable to validate the following destination configurations",
    );
  });

  it("begin with one test event for each queue, which names the bucket and its account to the policy", async () => {
    const asked: unknown[] = [];
    await using endpoint = await startTestEndpoint({
      buckets: [
        {
          name: Bucket,
          notifications: [
            { targetArn: queueArn, events: ["s3:ObjectCreated:*"], prefix: "a/" },
            { targetArn: queueArn, events: ["s3:ObjectCreated:*"], prefix: "b/" },
          ],
        },
      ],
      allowService: (service, question) => asked.push({ service, ...question }) > 0,
    });
    endpoint.s3.sendTestEvent();
    expect(endpoint.sent).toEqual([
      {
        targetArn: queueArn,
        message: {
          Service: "Amazon S3",
          Event: "s3:TestEvent",
          Time: expect.any(String),
          Bucket,
          RequestId: expect.any(String),
          HostId: expect.any(String),
        },
      },
    ]);
    expect(asked).toEqual([
      {
        service: "s3.amazonaws.com",
        action: "sqs:SendMessage",
        resource: queueArn,
        context: { "aws:SourceArn": "arn:aws:s3:::photos", "aws:SourceAccount": accountId },
      },
    ]);
  });

  it.each([
    ["lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:index", 0],
    ["sns:Publish", "arn:aws:sns:us-east-1:123456789012:uploads", 1],
  ])(
    "ask for %s where that is what the target needs, and test a topic but no function",
    async (action, targetArn, tests) => {
      const asked: unknown[] = [];
      let allowed = true;
      await using endpoint = await startTestEndpoint({
        buckets: [{ name: Bucket, notifications: [{ targetArn, events: ["s3:ObjectCreated:*"] }] }],
        allowService: (service, question) => {
          asked.push({ service, ...question });
          return allowed;
        },
      });
      endpoint.s3.sendTestEvent();
      expect(endpoint.sent).toHaveLength(tests);
      await endpoint.s3.objects.put(Bucket, "k", Buffer.from("sound"));
      expect(endpoint.sent.slice(tests)).toMatchObject([
        { targetArn, message: { Records: [{ eventName: "ObjectCreated:Put" }] } },
      ]);
      allowed = false;
      await endpoint.s3.objects.put(Bucket, "k", Buffer.from("sound"));
      expect(endpoint.sent).toHaveLength(tests + 1);
      const question = {
        service: "s3.amazonaws.com",
        action,
        resource: targetArn,
        context: { "aws:SourceArn": "arn:aws:s3:::photos", "aws:SourceAccount": accountId },
      };
      expect(asked).toEqual([question, question, question]);
      expect(() => endpoint.s3.sendTestEvent()).toThrow(`Allow s3.amazonaws.com ${action}`);
    },
  );

  it("to a FIFO queue are refused", async () => {
    const notifications = [{ targetArn: `${queueArn}.fifo`, events: ["s3:ObjectCreated:*"] }];
    await expect(startTestEndpoint({ buckets: [{ name: Bucket, notifications }] })).rejects.toThrow(
      "Unable to validate the following destination configurations",
    );
  });

  it("go to Amazon EventBridge without anybody's leave, with the key as it is", async () => {
    await using endpoint = await startTestEndpoint({
      buckets: [{ name: Bucket, eventBridge: true }],
      allowService: () => false,
    });
    const client = endpoint.client();
    await client.send(new PutObjectCommand({ Bucket, Key: "audio/my note.wav", Body: "sound" }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: "audio/my note.wav" }));
    expect(endpoint.events).toMatchObject([
      {
        source: "aws.s3",
        detailType: "Object Created",
        resources: ["arn:aws:s3:::photos"],
        detail: {
          version: "0",
          bucket: { name: Bucket },
          object: { key: "audio/my note.wav", size: 5, etag: expect.stringMatching(/^[0-9a-f]{32}$/) },
          requester: accountId,
          reason: "PutObject",
        },
      },
      {
        detailType: "Object Deleted",
        detail: {
          object: { key: "audio/my note.wav" },
          reason: "DeleteObject",
          "deletion-type": "Permanently Deleted",
        },
      },
    ]);
  });

  it.each([
    [{ prefix: "originals/" }, ["s3:ObjectCreated:Put"], { prefix: "originals/long/" }],
    [{ prefix: "originals/", suffix: ".wav" }, ["s3:ObjectCreated:*"], {}],
    [{}, ["s3:ObjectCreated:Copy", "s3:ObjectRemoved:*"], { suffix: ".wav" }],
  ])(
    "of two rules that fit the same event are refused at the start: %j, and %j of %j",
    async (one, events, other) => {
      const buckets = together(rule(["s3:ObjectCreated:*"], one), rule(events, other));
      await expect(startTestEndpoint({ buckets })).rejects.toThrow(
        "photos: Configuration is ambiguously defined.",
      );
    },
  );

  it.each([
    [{ prefix: "originals/" }, "s3:ObjectCreated:*", { prefix: "video/" }],
    [{ suffix: ".wav" }, "s3:ObjectCreated:*", { suffix: ".mp3" }],
    [{}, "s3:ObjectRemoved:*", {}],
  ])(
    "of two rules that never fit the same event may stand beside each other: %j, and %s of %j",
    async (one, event, other) => {
      const buckets = together(rule(["s3:ObjectCreated:*"], one), rule([event], other));
      await using endpoint = await startTestEndpoint({ buckets });
      expect(endpoint.sent).toEqual([]);
    },
  );

  it("encode keys so that the usual decoding gives them back", () => {
    const wellFormed = fc.string({ unit: "binary" }).filter((key) => key.isWellFormed());
    fc.assert(
      fc.property(wellFormed, (key) => decodeURIComponent(encodeKey(key).replaceAll("+", " ")) === key),
    );
  });
});
