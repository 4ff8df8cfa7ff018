import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { startTestEndpoint, type TestEndpointOptions } from "../../gate/endpoint/fixtures.ts";

const Bucket = "photos";
const Key = "a.jpg";
const queueArn = "arn:aws:sqs:us-east-1:123456789012:photos";

const start = (options: TestEndpointOptions = {}) =>
  startTestEndpoint({
    buckets: [
      {
        name: Bucket,
        versioned: true,
        eventBridge: true,
        notifications: [{ targetArn: queueArn, events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"] }],
      },
      { name: "plain" },
    ],
    ...options,
  });

type Endpoint = Awaited<ReturnType<typeof start>>;

async function put(endpoint: Endpoint, body: string): Promise<string> {
  const { VersionId } = await endpoint.client().send(new PutObjectCommand({ Bucket, Key, Body: body }));
  return VersionId ?? "";
}

async function read(endpoint: Endpoint, VersionId?: string): Promise<string | undefined> {
  const { Body } = await endpoint.client().send(new GetObjectCommand({ Bucket, Key, VersionId }));
  return await Body?.transformToString();
}

describe("a bucket with versions", () => {
  it("keeps what is overwritten, and gives back the version that is asked for", async () => {
    await using endpoint = await start();
    const first = await put(endpoint, "one");
    const second = await put(endpoint, "two");

    expect(first).toMatch(/^[\w.-]{32}$/);
    expect(second).not.toBe(first);
    expect(await read(endpoint)).toBe("two");
    expect(await read(endpoint, first)).toBe("one");
    const head = await endpoint.client().send(new HeadObjectCommand({ Bucket, Key }));
    expect(head.VersionId).toBe(second);
    expect(await endpoint.client().send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({
      Status: "Enabled",
    });
  });

  it("puts a delete marker in the place of a deleted object, and lifts it with the marker's own deletion", async () => {
    await using endpoint = await start();
    const client = endpoint.client();
    const first = await put(endpoint, "one");

    const marker = await client.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) });
    await expect(read(endpoint)).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(read(endpoint, marker.VersionId)).rejects.toMatchObject({ name: "MethodNotAllowed" });
    expect(await read(endpoint, first)).toBe("one");
    const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket }));
    expect(KeyCount).toBe(0);

    await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: marker.VersionId }));
    expect(await read(endpoint)).toBe("one");
  });

  it("deletes one version for good, and brings the one before it to light", async () => {
    await using endpoint = await start();
    const first = await put(endpoint, "one");
    const second = await put(endpoint, "two");

    await endpoint.client().send(new DeleteObjectCommand({ Bucket, Key, VersionId: second }));

    expect(await read(endpoint)).toBe("one");
    await expect(read(endpoint, second)).rejects.toMatchObject({ name: "NoSuchVersion" });
    await endpoint.client().send(new DeleteObjectCommand({ Bucket, Key, VersionId: first }));
    const { Versions, DeleteMarkers } = await endpoint
      .client()
      .send(new ListObjectVersionsCommand({ Bucket }));
    expect([Versions, DeleteMarkers]).toEqual([undefined, undefined]);
  });

  it("lists versions and markers, the latest of a key first, page by page", async () => {
    await using endpoint = await start();
    const client = endpoint.client();
    const ids = [await put(endpoint, "one"), await put(endpoint, "two")];
    const { VersionId: marker } = await client.send(new DeleteObjectCommand({ Bucket, Key }));
    await client.send(new PutObjectCommand({ Bucket, Key: "b/1.jpg", Body: "x" }));
    await client.send(new PutObjectCommand({ Bucket, Key: "b/2.jpg", Body: "x" }));

    const all = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: "a" }));
    expect(all.DeleteMarkers).toMatchObject([{ Key, VersionId: marker, IsLatest: true }]);
    expect(all.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [ids[1], false],
      [ids[0], false],
    ]);
    const grouped = await client.send(new ListObjectVersionsCommand({ Bucket, Delimiter: "/" }));
    expect(grouped.CommonPrefixes).toEqual([{ Prefix: "b/" }]);

    const seen: (string | undefined)[] = [];
    let at: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
    for (let isTruncated = true; isTruncated; ) {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 1, ...at }));
      seen.push(
        ...[...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ VersionId }) => VersionId),
      );
      at = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      isTruncated = page.IsTruncated ?? false;
    }
    expect(seen.slice(0, 3)).toEqual([marker, ids[1], ids[0]]);
    expect(seen).toHaveLength(5);
  });

  it("asks for the rights on versions where one is named, and for the usual ones where none is", async () => {
    await using endpoint = await start();
    const client = endpoint.client();
    const VersionId = await put(endpoint, "one");
    const asked = async (act: () => Promise<unknown>) => {
      endpoint.asked.length = 0;
      await act();
      return endpoint.asked.map(({ action, context }) => [action, context["s3:VersionId"]]);
    };

    expect(await asked(() => read(endpoint))).toEqual([["s3:GetObject", undefined]]);
    expect(await asked(() => read(endpoint, VersionId))).toEqual([["s3:GetObjectVersion", VersionId]]);
    const attributes = { Bucket, Key, VersionId, ObjectAttributes: ["ETag" as const] };
    expect(await asked(() => client.send(new GetObjectAttributesCommand(attributes)))).toEqual([
      ["s3:GetObjectVersionAttributes", VersionId],
      ["s3:GetObjectVersion", VersionId],
    ]);
    const CopySource = `${Bucket}/${Key}?versionId=${VersionId}`;
    expect(
      await asked(() => client.send(new CopyObjectCommand({ Bucket: "plain", Key: "copy", CopySource }))),
    ).toEqual([
      ["s3:GetObjectVersion", VersionId],
      ["s3:PutObject", undefined],
    ]);
    expect(await asked(() => client.send(new ListObjectVersionsCommand({ Bucket, Prefix: "a" })))).toEqual([
      ["s3:ListBucketVersions", undefined],
    ]);
    expect(endpoint.asked).toMatchObject([{ context: { "s3:prefix": "a" } }]);
    expect(
      await asked(() =>
        client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }, { Key, VersionId }] } })),
      ),
    ).toEqual([
      ["s3:DeleteObject", undefined],
      ["s3:DeleteObjectVersion", VersionId],
    ]);
  });

  it("keeps a version from those who may delete the object alone", async () => {
    await using endpoint = await start({ allow: ({ action }) => action !== "s3:DeleteObjectVersion" });
    const VersionId = await put(endpoint, "one");

    await expect(
      endpoint.client().send(new DeleteObjectCommand({ Bucket, Key, VersionId })),
    ).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("s3:DeleteObjectVersion"),
    });
    expect(await read(endpoint, VersionId)).toBe("one");
  });

  it("tells of versions, and of delete markers apart from deletions", async () => {
    await using endpoint = await start();
    const client = endpoint.client();
    const VersionId = await put(endpoint, "one");
    const { VersionId: marker } = await client.send(new DeleteObjectCommand({ Bucket, Key }));
    await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));

    expect(
      endpoint.sent.map(({ message }) => {
        const [record] = message.Records as { eventName: string; s3: { object: { versionId: string } } }[];
        return [record?.eventName, record?.s3.object.versionId];
      }),
    ).toEqual([
      ["ObjectCreated:Put", VersionId],
      ["ObjectRemoved:DeleteMarkerCreated", marker],
      ["ObjectRemoved:Delete", VersionId],
    ]);
    expect(endpoint.events.map(({ detail }) => detail)).toMatchObject([
      { object: { "version-id": VersionId } },
      { object: { "version-id": marker }, "deletion-type": "Delete Marker Created" },
      { object: { "version-id": VersionId }, "deletion-type": "Permanently Deleted" },
    ]);
  });

  it("refuses what is no version's id", async () => {
    await using endpoint = await start();

    await expect(read(endpoint, "one")).rejects.toMatchObject({ name: "InvalidArgument" });
  });
});

describe("a bucket without versions", () => {
  it("has one version of each object, by the name null", async () => {
    await using endpoint = await start();
    const client = endpoint.client();
    const { VersionId } = await client.send(new PutObjectCommand({ Bucket: "plain", Key, Body: "one" }));

    expect(VersionId).toBeUndefined();
    const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket: "plain" }));
    expect(Versions).toMatchObject([{ Key, VersionId: "null", IsLatest: true }]);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: "plain", Key, VersionId: "null" }));
    expect(await Body?.transformToString()).toBe("one");
    expect(await client.send(new GetBucketVersioningCommand({ Bucket: "plain" }))).not.toHaveProperty(
      "Status",
    );
  });
});
