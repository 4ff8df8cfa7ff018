import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  type ListBucketsCommandInput,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  paginateListBuckets,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startTestEndpoint } from "../../gate/endpoint/fixtures.ts";
import type { Question } from "../../gate/types.ts";

const Bucket = "photos";
const photos = "arn:aws:s3:::photos";

/** Keys without lone surrogates, which no URL can carry. */
const keys = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    fc
      .array(
        fc.constantFrom(
          " ",
          "+",
          "%",
          "%2F",
          "/",
          "//",
          "a",
          "é",
          "日",
          "😀",
          "&",
          "=",
          "?",
          "#",
          "'",
          "~",
          "*",
          ";",
          "$",
        ),
        {
          minLength: 1,
          maxLength: 12,
        },
      )
      .map((parts) => parts.join("")),
  )
  .filter((key) => key.isWellFormed() && !key.split("/").some((part) => part === "." || part === ".."));

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  return { name: error?.name, status: error?.$metadata?.httpStatusCode, message: error?.message };
};

describe("objects", () => {
  it("come back as they were put", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const put = await client.send(
      new PutObjectCommand({
        Bucket,
        Key: "originals/note.wav",
        Body: Buffer.from("sound"),
        ContentType: "audio/wav",
        CacheControl: "no-store",
        Metadata: { speaker: "anna" },
      }),
    );
    expect(put.ETag).toBe(`"${createHash("md5").update("sound").digest("hex")}"`);
    expect(put.ServerSideEncryption).toBe("AES256");
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "originals/note.wav" }));
    expect(await got.Body?.transformToString()).toBe("sound");
    expect(got).toMatchObject({
      ContentType: "audio/wav",
      CacheControl: "no-store",
      ContentLength: 5,
      Metadata: { speaker: "anna" },
      ETag: put.ETag,
      ChecksumCRC32: put.ChecksumCRC32,
    });
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: "originals/note.wav" }));
    expect(head).toMatchObject({ ContentLength: 5, ContentType: "audio/wav", ETag: put.ETag });
  });

  it("come back whatever their key", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    await fc.assert(
      fc.asyncProperty(keys, async (Key) => {
        await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        expect(await Body?.transformToString()).toBe(Key);
        expect(endpoint.asked.at(-1)?.resource).toBe(`${photos}/${Key}`);
        const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1 }));
        expect(Contents?.[0]?.Size).toBe(Buffer.byteLength(Key));
      }),
      { numRuns: 150 },
    );
  });

  it("can be put and read through presigned URLs whatever their key", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    await fc.assert(
      fc.asyncProperty(keys, async (Key) => {
        const putUrl = await getSignedUrl(
          client,
          new PutObjectCommand({ Bucket, Key, Metadata: { a: "b" } }),
        );
        expect((await fetch(putUrl, { method: "PUT", body: Key })).status).toBe(200);
        const getUrl = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key }));
        const got = await fetch(getUrl);
        expect(await got.text()).toBe(Key);
        expect(got.headers.get("x-amz-meta-a")).toBe("b");
      }),
      { numRuns: 50 },
    );
  });

  it("can be streamed in chunks with a trailing checksum, far above a megabyte", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const body = Buffer.alloc(12 * 1024 ** 2, "voice");
    const chunks = Array.from({ length: 192 }, (_, index) =>
      body.subarray(index * 65_536, (index + 1) * 65_536),
    );
    const put = await client.send(
      new PutObjectCommand({ Bucket, Key: "long", Body: Readable.from(chunks), ContentLength: body.length }),
    );
    expect(put.ChecksumCRC32).toBeDefined();
    const { Body, ContentLength, ContentEncoding } = await client.send(
      new GetObjectCommand({ Bucket, Key: "long" }),
    );
    expect(ContentLength).toBe(body.length);
    expect(ContentEncoding).toBeUndefined();
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)(
    "are verified by %s",
    async (ChecksumAlgorithm) => {
      await using endpoint = await startTestEndpoint();
      const client = endpoint.client();
      await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound", ChecksumAlgorithm }));
      const got = await client.send(new GetObjectCommand({ Bucket, Key: "k", ChecksumMode: "ENABLED" }));
      expect(await got.Body?.transformToString()).toBe("sound");
      expect(
        await failure(
          client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x", ChecksumCRC32: "AAAAAA==" })),
        ),
      ).toMatchObject({ name: "BadDigest", status: 400 });
      expect(
        await failure(
          client.send(
            new PutObjectCommand({ Bucket, Key: "k", Body: "x", ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" }),
          ),
        ),
      ).toMatchObject({ name: "BadDigest", status: 400 });
    },
  );

  it("are not overwritten under If-None-Match: *, nor changed under an If-Match that fails", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const put = (input: object) =>
      client.send(new PutObjectCommand({ Bucket, Key: "once", Body: "sound", ...input }));
    const { ETag } = await put({ IfNoneMatch: "*" });
    expect(await failure(put({ IfNoneMatch: "*" }))).toMatchObject({
      name: "PreconditionFailed",
      status: 412,
    });
    await put({ IfMatch: ETag });
    expect(await failure(put({ IfMatch: '"other"' }))).toMatchObject({
      name: "PreconditionFailed",
      status: 412,
    });
    expect(await failure(put({ Key: "absent", IfMatch: ETag }))).toMatchObject({
      name: "NoSuchKey",
      status: 404,
    });
    expect(endpoint.asked[0]?.context["s3:if-none-match"]).toBe("*");
  });

  it("are written once by many writers under If-None-Match: *", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const writes = Array.from({ length: 20 }, (_, index) =>
      client.send(new PutObjectCommand({ Bucket, Key: "race", Body: `${index}`, IfNoneMatch: "*" })),
    );
    const results = await Promise.allSettled(writes);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("are read in ranges", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "0123456789" }));
    const read = async (Range: string) => {
      const { Body, ContentRange } = await client.send(new GetObjectCommand({ Bucket, Key: "k", Range }));
      return [await Body?.transformToString(), ContentRange];
    };
    expect(await read("bytes=2-4")).toEqual(["234", "bytes 2-4/10"]);
    expect(await read("bytes=7-")).toEqual(["789", "bytes 7-9/10"]);
    expect(await read("bytes=-3")).toEqual(["789", "bytes 7-9/10"]);
    expect(await read("bytes=-30")).toEqual(["0123456789", "bytes 0-9/10"]);
    expect(await read("bytes=5-500")).toEqual(["56789", "bytes 5-9/10"]);
    expect(await read("bytes=1-2,4-5")).toEqual(["0123456789", undefined]);
    expect(await failure(read("bytes=10-"))).toMatchObject({ name: "InvalidRange", status: 416 });
  });

  it("are read on conditions", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound" }));
    const read = (input: object) =>
      failure(client.send(new GetObjectCommand({ Bucket, Key: "k", ...input })));
    expect(await read({ IfNoneMatch: ETag })).toMatchObject({ status: 304 });
    expect(await read({ IfModifiedSince: new Date(Date.now() + 60_000) })).toMatchObject({ status: 304 });
    expect(await read({ IfMatch: '"other"' })).toMatchObject({ status: 412 });
    expect(await read({ IfUnmodifiedSince: new Date(0) })).toMatchObject({ status: 412 });
    expect(await read({ IfMatch: ETag, IfModifiedSince: new Date(0) })).toMatchObject({ status: undefined });
  });

  it("answer with the headers that a presigned URL asks for", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound" }));
    const url = await getSignedUrl(
      client,
      new GetObjectCommand({ Bucket, Key: "k", ResponseContentDisposition: 'attachment; filename="a.wav"' }),
    );
    expect((await fetch(url)).headers.get("content-disposition")).toBe('attachment; filename="a.wav"');
  });

  it("answer with headers in Latin-1, and with none that need more letters", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound" }));
    const answer = async (ResponseContentDisposition: string, method: "GET" | "HEAD" = "GET") => {
      const command = method === "GET" ? GetObjectCommand : HeadObjectCommand;
      return fetch(
        await getSignedUrl(client, new command({ Bucket, Key: "k", ResponseContentDisposition })),
        {
          method,
        },
      );
    };
    const latin = 'attachment; filename="Müller.wav"';
    for (const method of ["GET", "HEAD"] as const) {
      const { status, headers } = await answer(latin, method);
      expect([status, headers.get("content-disposition"), headers.get("content-length")]).toEqual([
        200,
        latin,
        "5",
      ]);
    }
    const refused = await answer('attachment; filename="日本.wav"');
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain(
      "<Code>InvalidArgument</Code><Message>Header value cannot be represented using ISO-8859-1.</Message>" +
        "<ArgumentName>response-content-disposition</ArgumentName>",
    );
    expect(endpoint.logged).toEqual([]);
  });

  it.each([{ ServerSideEncryption: "AES256" }, { StorageClass: "STANDARD" }] as const)(
    "are copied onto themselves where the request names what changes: %o",
    async (change) => {
      await using endpoint = await startTestEndpoint();
      const client = endpoint.client();
      await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound", Metadata: { a: "1" } }));
      await client.send(new CopyObjectCommand({ Bucket, Key: "k", CopySource: `${Bucket}/k`, ...change }));
      const copied = await client.send(new GetObjectCommand({ Bucket, Key: "k" }));
      expect(copied.Metadata).toEqual({ a: "1" });
      expect(await copied.Body?.transformToString()).toBe("sound");
    },
  );

  it("are copied with or without their metadata, and not onto themselves unchanged", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    await client.send(
      new PutObjectCommand({
        Bucket,
        Key: "a +é/1",
        Body: "sound",
        ContentType: "audio/wav",
        Metadata: { a: "1" },
      }),
    );
    const copy = (input: object) =>
      client.send(
        new CopyObjectCommand({
          Bucket: "archive",
          Key: "b",
          CopySource: encodeURIComponent("photos/a +é/1"),
          ...input,
        }),
      );
    expect(await failure(copy({ CopySource: encodeURIComponent("photos/a +é/1") }))).toMatchObject({
      name: "InvalidArgument",
    });
    const CopySource = `photos/${encodeURIComponent("a +é/1")}`;
    const copied = await copy({ CopySource });
    expect(copied.CopyObjectResult?.ETag).toBeDefined();
    expect(endpoint.asked.slice(-2).map(({ action, resource }) => [action, resource])).toEqual([
      ["s3:GetObject", `${photos}/a +é/1`],
      ["s3:PutObject", "arn:aws:s3:::archive/b"],
    ]);
    const head = (input: object) =>
      client.send(new HeadObjectCommand({ Bucket: "archive", Key: "b", ...input }));
    expect(await head({})).toMatchObject({ ContentType: "audio/wav", Metadata: { a: "1" } });
    await copy({ CopySource, MetadataDirective: "REPLACE", ContentType: "audio/flac", Metadata: { b: "2" } });
    expect(await head({})).toMatchObject({ ContentType: "audio/flac", Metadata: { b: "2" } });
    expect(await failure(copy({ Bucket, Key: "a +é/1", CopySource }))).toMatchObject({
      name: "InvalidRequest",
      status: 400,
    });
    expect(await failure(copy({ CopySource: "photos/absent" }))).toMatchObject({
      name: "NoSuchKey",
      status: 404,
    });
    expect(await failure(copy({ CopySource: "nowhere/absent" }))).toMatchObject({
      name: "NoSuchBucket",
      status: 404,
    });
  });

  it("are deleted, also when they are not there", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound" }));
    for (let time = 0; time < 2; time++) {
      const { $metadata } = await client.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
      expect($metadata.httpStatusCode).toBe(204);
    }
    expect(endpoint.asked.at(-1)).toMatchObject({ action: "s3:DeleteObject", resource: `${photos}/k` });
    expect(await failure(client.send(new HeadObjectCommand({ Bucket, Key: "k" })))).toMatchObject({
      name: "NotFound",
    });
  });

  it("are deleted under an If-Match that holds, and not under another", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound" }));
    const remove = (IfMatch: string | undefined) =>
      client.send(new DeleteObjectCommand({ Bucket, Key: "k", IfMatch }));
    const failed = { name: "PreconditionFailed", status: 412 };
    expect(await failure(remove('"other"'))).toMatchObject(failed);
    expect(await endpoint.s3.objects.head(Bucket, "k")).toBeDefined();
    await remove(ETag);
    expect(await endpoint.s3.objects.head(Bucket, "k")).toBeUndefined();
    expect(await failure(remove("*"))).toMatchObject(failed);
  });

  it("tell their entity tag, by If-Match, to none who may not read them", async () => {
    await using endpoint = await startTestEndpoint({ allow: ({ action }) => action !== "s3:GetObject" });
    const client = endpoint.client();
    const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound" }));
    const denied = { name: "AccessDenied", message: expect.stringContaining("s3:GetObject") };
    const put = new PutObjectCommand({ Bucket, Key: "k", Body: "sound", IfMatch: ETag });
    expect(await failure(client.send(put))).toMatchObject(denied);
    const remove = (IfMatch: string | undefined) =>
      client.send(new DeleteObjectCommand({ Bucket, Key: "k", IfMatch }));
    expect(await failure(remove(ETag))).toMatchObject(denied);
    await remove("*");
  });

  it("are copied on conditions, with the checksum that is asked for", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound" }));
    const copy = (input: object) =>
      client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: "photos/k", ...input }));
    for (const condition of [
      { CopySourceIfMatch: '"other"' },
      { CopySourceIfNoneMatch: ETag },
      { CopySourceIfModifiedSince: new Date(Date.now() + 60_000) },
      { CopySourceIfUnmodifiedSince: new Date(0) },
    ]) {
      expect(await failure(copy(condition))).toMatchObject({ name: "PreconditionFailed", status: 412 });
    }
    const { CopyObjectResult } = await copy({ CopySourceIfMatch: ETag, ChecksumAlgorithm: "SHA256" });
    expect(CopyObjectResult?.ChecksumSHA256).toBe(createHash("sha256").update("sound").digest("base64"));
    expect(await failure(copy({ IfNoneMatch: "*" }))).toMatchObject({ name: "PreconditionFailed" });
    for (const CopySource of ["photos", "%zz/k", "photos/%ff"]) {
      expect(await failure(copy({ CopySource }))).toMatchObject({ name: "InvalidArgument", status: 400 });
    }
  });

  it("are deleted by the thousand, each as IAM decides", async () => {
    await using endpoint = await startTestEndpoint({
      allow: ({ resource }) => !resource.endsWith("/kept & <safe>"),
    });
    const client = endpoint.client();
    for (const Key of ["a", "kept & <safe>"])
      await client.send(new PutObjectCommand({ Bucket: "archive", Key: Key.replace("kept", "x"), Body: "" }));
    const { Deleted, Errors } = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a" }, { Key: "kept & <safe>" }] } }),
    );
    expect(Deleted?.map(({ Key }) => Key)).toEqual(["a"]);
    expect(Errors).toEqual([
      {
        Key: "kept & <safe>",
        Code: "AccessDenied",
        Message: `User: arn:aws:sts::123456789012:assumed-role/storePhoto-role/storePhoto is not authorized to perform: s3:DeleteObject on resource: "${photos}/kept & <safe>" because no identity-based policy allows the s3:DeleteObject action`,
      },
    ]);
    const Objects = Array.from({ length: 1001 }, (_, index) => ({ Key: `${index}` }));
    expect(
      await failure(client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))),
    ).toMatchObject({
      name: "MalformedXML",
    });
    const conditional = new DeleteObjectsCommand({
      Bucket,
      Delete: { Objects: [{ Key: "a", ETag: "1" }] },
    });
    expect(await failure(client.send(conditional))).toMatchObject({ name: "NotImplemented", status: 501 });
  });
});

describe("buckets", () => {
  it("are those of the template, and nothing else", async () => {
    await using endpoint = await startTestEndpoint({ region: "eu-west-1" });
    const client = endpoint.client();
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(["archive", "photos"]);
    expect(endpoint.asked.at(-1)).toMatchObject({
      action: "s3:ListAllMyBuckets",
      resource: "arn:aws:s3:::*",
    });
    const { BucketRegion } = await client.send(new HeadBucketCommand({ Bucket }));
    expect(BucketRegion).toBe("eu-west-1");
    expect(endpoint.asked.at(-1)).toMatchObject({ action: "s3:ListBucket", resource: photos });
    const location = await client.send(new GetBucketLocationCommand({ Bucket }));
    expect(location.LocationConstraint).toBe("eu-west-1");
    expect(await failure(client.send(new ListObjectsV2Command({ Bucket: "nowhere" })))).toMatchObject({
      name: "NoSuchBucket",
      status: 404,
    });
    expect(await failure(client.send(new HeadBucketCommand({ Bucket: "nowhere" })))).toMatchObject({
      status: 404,
    });
  });

  it("are listed page by page, under a prefix, and in one region alone", async () => {
    const names = ["a-1", "a-2", "a-3", "b-1"];
    await using endpoint = await startTestEndpoint({ buckets: names.map((name) => ({ name })) });
    const client = endpoint.client();
    const pages: unknown[] = [];
    for await (const { Buckets } of paginateListBuckets({ client, pageSize: 2 }, { Prefix: "a-" })) {
      pages.push(Buckets?.map(({ Name, BucketRegion }) => [Name, BucketRegion]));
    }
    expect(pages).toEqual([
      [
        ["a-1", "us-east-1"],
        ["a-2", "us-east-1"],
      ],
      [["a-3", "us-east-1"]],
    ]);
    const list = (input: ListBucketsCommandInput) => client.send(new ListBucketsCommand(input));
    expect((await list({ BucketRegion: "eu-west-1" })).Buckets ?? []).toEqual([]);
    expect(await failure(list({ MaxBuckets: 0 }))).toMatchObject({ name: "InvalidArgument", status: 400 });
    expect(await failure(list({ ContinuationToken: "?" }))).toMatchObject({ name: "InvalidArgument" });
  });

  it("are found in the host name as well", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client({
      forcePathStyle: false,
      endpoint: endpoint.url.replace("127.0.0.1", "localhost"),
    });
    // The name bucket.localhost need not resolve here: only the Host header is what it would be.
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { hostname: string }).hostname = "127.0.0.1";
        return next(args);
      },
      { step: "finalizeRequest", priority: "low", name: "resolve" },
    );
    await client.send(new PutObjectCommand({ Bucket, Key: "by/host", Body: "sound" }));
    expect(await endpoint.s3.objects.get(Bucket, "by/host")).toEqual(Buffer.from("sound"));
  });

  it("list their keys page by page, each key once and in the order of its bytes", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const expected = ["B", "a", "a b", "a+b", "c", "é", "\uffee", "😀"];
    for (const key of [...expected].reverse()) await endpoint.s3.objects.put(Bucket, key, Buffer.alloc(1));
    const listed: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3, ContinuationToken }));
      listed.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ""));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(listed).toEqual(expected);
    const later = await client.send(
      new ListObjectsV2Command({ Bucket, StartAfter: "c", EncodingType: "url" }),
    );
    expect(later.Contents?.map(({ Key }) => Key)).toEqual(["%C3%A9", "%EF%BF%AE", "%F0%9F%98%80"]);
    const first = await client.send(new ListObjectsCommand({ Bucket, Marker: "a b", MaxKeys: 1 }));
    expect(first).toMatchObject({ Contents: [{ Key: "a+b" }], IsTruncated: true });
  });

  it("list under a prefix and up to a delimiter, and IAM sees both as sent", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    for (const key of ["originals/1", "originals/2024/1", "originals/2024/2", "results/1", "root"]) {
      await endpoint.s3.objects.put(Bucket, key, Buffer.alloc(1));
    }
    const page = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix: "originals/", Delimiter: "/", MaxKeys: 50 }),
    );
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(["originals/1"]);
    expect(page.CommonPrefixes).toEqual([{ Prefix: "originals/2024/" }]);
    expect(page.KeyCount).toBe(2);
    expect(endpoint.asked.at(-1)?.context).toMatchObject({
      "s3:prefix": "originals/",
      "s3:delimiter": "/",
      "s3:max-keys": "50",
    });
    await client.send(new ListObjectsV2Command({ Bucket }));
    expect(Object.keys(endpoint.asked.at(-1)?.context ?? {})).not.toContain("s3:prefix");
    expect(await failure(client.send(new ListObjectsV2Command({ Bucket, MaxKeys: -1 })))).toMatchObject({
      name: "InvalidArgument",
    });
  });
});

describe("multipart uploads", () => {
  const MiB = 1024 ** 2;

  it("become one object of their parts", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const Key = "long + é";
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ContentType: "audio/wav", Metadata: { a: "1" } }),
    );
    const bodies = [Buffer.alloc(5 * MiB, 1), Buffer.alloc(100, 2)];
    const Parts = [];
    for (const [index, Body] of bodies.entries()) {
      const PartNumber = index + 1;
      const part = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
      Parts.push({ PartNumber, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 });
    }
    const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(uploads.Uploads).toMatchObject([{ Key, UploadId }]);
    const parts = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 1 }));
    expect(parts).toMatchObject({ IsTruncated: true, Parts: [{ PartNumber: 1, Size: 5 * MiB }] });
    const done = await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(got).toMatchObject({
      ContentType: "audio/wav",
      Metadata: { a: "1" },
      ContentLength: 5 * MiB + 100,
    });
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(Buffer.concat(bodies))).toBe(
      true,
    );
    expect(endpoint.asked.map(({ action }) => action)).toEqual([
      "s3:PutObject",
      "s3:PutObject",
      "s3:PutObject",
      "s3:ListBucketMultipartUploads",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
      "s3:GetObject",
    ]);
    const again = client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    expect(await failure(again)).toMatchObject({ name: "NoSuchUpload", status: 404 });
  });

  it("take parts from other objects, whole or in ranges, from those who may read them", async () => {
    const allow = ({ action, resource }: Question) =>
      action !== "s3:GetObject" || !resource.endsWith("/secret");
    await using endpoint = await startTestEndpoint({ allow });
    const client = endpoint.client();
    const source = Buffer.concat([Buffer.alloc(5 * MiB, 1), Buffer.alloc(100, 2)]);
    for (const key of ["a +é", "secret"]) await endpoint.s3.objects.put("archive", key, source);
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "k" }));
    const CopySource = `archive/${encodeURIComponent("a +é")}`;
    const copy = (PartNumber: number, input: object = {}) =>
      client.send(
        new UploadPartCopyCommand({ Bucket, Key: "k", UploadId, PartNumber, CopySource, ...input }),
      );
    const first = await copy(1);
    expect(endpoint.asked.slice(-2).map(({ action, resource }) => [action, resource])).toEqual([
      ["s3:GetObject", "arn:aws:s3:::archive/a +é"],
      ["s3:PutObject", `${photos}/k`],
    ]);
    const second = await copy(2, { CopySourceRange: `bytes=${5 * MiB}-${5 * MiB + 9}` });
    const Parts = [first, second].map(({ CopyPartResult }, index) => ({
      PartNumber: index + 1,
      ETag: CopyPartResult?.ETag,
      ChecksumCRC32: CopyPartResult?.ChecksumCRC32,
    }));
    for (const [input, name] of [
      [{ CopySource: "archive/secret" }, "AccessDenied"],
      [{ CopySource: "archive/absent" }, "NoSuchKey"],
      [{ CopySourceRange: "bytes=9-" }, "InvalidArgument"],
      [{ CopySourceRange: `bytes=0-${source.length}` }, "InvalidArgument"],
      [{ CopySourceIfMatch: '"other"' }, "PreconditionFailed"],
      [{ UploadId: "other" }, "NoSuchUpload"],
    ] as const) {
      expect(await failure(copy(3, input))).toMatchObject({ name });
    }
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key: "k", UploadId, MultipartUpload: { Parts } }),
    );
    const expected = Buffer.concat([source, Buffer.alloc(10, 2)]);
    expect((await endpoint.s3.objects.get(Bucket, "k"))?.equals(expected)).toBe(true);
  });

  it("are completed on conditions, by a size and a checksum of the whole that hold", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const begin = async () => {
      const create = new CreateMultipartUploadCommand({
        Bucket,
        Key: "k",
        ChecksumAlgorithm: "CRC64NVME",
        ChecksumType: "FULL_OBJECT",
      });
      const { UploadId } = await client.send(create);
      const upload = { Bucket, Key: "k", UploadId };
      const part = await client.send(
        new UploadPartCommand({
          ...upload,
          PartNumber: 1,
          Body: "123456789",
          ChecksumAlgorithm: "CRC64NVME",
        }),
      );
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
      return (input: object) =>
        client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, ...input }));
    };
    const complete = await begin();
    const ChecksumCRC64NVME = "rosUhgp5mIg=";
    for (const [input, name] of [
      [{ IfMatch: '"other"' }, "NoSuchKey"],
      [{ ChecksumCRC64NVME: "AAAAAAAAAAA=" }, "BadDigest"],
      [{ ChecksumCRC32: "AAAAAA==" }, "InvalidRequest"],
      [{ ChecksumType: "COMPOSITE" }, "InvalidRequest"],
      [{ MpuObjectSize: 8 }, "InvalidRequest"],
    ] as const) {
      expect(await failure(complete(input))).toMatchObject({ name });
    }
    const whole = { ChecksumCRC64NVME, ChecksumType: "FULL_OBJECT", MpuObjectSize: 9 };
    const { ETag } = await complete({ ...whole, IfNoneMatch: "*" });
    const head = new HeadObjectCommand({ Bucket, Key: "k", ChecksumMode: "ENABLED" });
    expect(await client.send(head)).toMatchObject({ ChecksumCRC64NVME, ChecksumType: "FULL_OBJECT" });
    const again = await begin();
    for (const input of [{ IfNoneMatch: "*" }, { IfMatch: '"other"' }]) {
      expect(await failure(again(input))).toMatchObject({ name: "PreconditionFailed", status: 412 });
    }
    await again({ IfMatch: ETag });
  });

  it("with checksums of their parts need each in the end as well, and their numbers without a gap", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const create = new CreateMultipartUploadCommand({ Bucket, Key: "k", ChecksumAlgorithm: "CRC32" });
    const { UploadId } = await client.send(create);
    const upload = { Bucket, Key: "k", UploadId };
    const put = (PartNumber: number) =>
      client.send(new UploadPartCommand({ ...upload, PartNumber, Body: "sound" }));
    const complete = (part: CompletedPart) =>
      client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [part] } }));
    const { ETag, ChecksumCRC32 } = await put(2);

    expect(await failure(complete({ PartNumber: 2, ETag, ChecksumCRC32 }))).toMatchObject({
      name: "InvalidPartOrder",
      status: 400,
    });
    await put(1);
    expect(await failure(complete({ PartNumber: 1, ETag }))).toEqual({
      name: "InvalidRequest",
      status: 400,
      message:
        "The upload was created using a crc32 checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.",
    });
    expect(await complete({ PartNumber: 1, ETag, ChecksumCRC32 })).toMatchObject({
      ChecksumType: "COMPOSITE",
      ChecksumCRC32: expect.stringMatching(/-1$/),
    });
  });

  it.each([
    ["SHA256", "FULL_OBJECT"],
    ["CRC64NVME", "COMPOSITE"],
  ] as const)("have no %s that is %s", async (ChecksumAlgorithm, ChecksumType) => {
    await using endpoint = await startTestEndpoint();
    const create = new CreateMultipartUploadCommand({ Bucket, Key: "k", ChecksumAlgorithm, ChecksumType });
    expect(await failure(endpoint.client().send(create))).toMatchObject({ name: "InvalidRequest" });
  });

  it("refuse parts that are too small, unknown or out of order, and leave nothing when aborted", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const Key = "k";
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const upload = (PartNumber: number) =>
      client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: "small" }));
    const [one, two] = [await upload(1), await upload(2)];
    expect(await failure(upload(0))).toMatchObject({ name: "InvalidArgument" });
    const complete = (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      failure(
        client.send(
          new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
        ),
      );
    const first = { PartNumber: 1, ETag: one.ETag };
    const second = { PartNumber: 2, ETag: two.ETag };
    expect(await complete([first, second])).toMatchObject({ name: "EntityTooSmall", status: 400 });
    expect(await complete([second, first])).toMatchObject({ name: "InvalidPartOrder", status: 400 });
    expect(await complete([first, { PartNumber: 3, ETag: two.ETag }])).toMatchObject({ name: "InvalidPart" });
    expect(await complete([{ PartNumber: 1, ETag: '"other"' }])).toMatchObject({ name: "InvalidPart" });
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    expect(endpoint.asked.at(-1)?.action).toBe("s3:AbortMultipartUpload");
    expect(await failure(upload(1))).toMatchObject({ name: "NoSuchUpload", status: 404 });
    expect((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined();
  });
});

describe("IAM", () => {
  const denyAll = () => startTestEndpoint({ allow: () => false });

  it("denies in the words of S3, and nothing is written", async () => {
    await using endpoint = await denyAll();
    const client = endpoint.client();
    expect(await failure(client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound" })))).toEqual({
      name: "AccessDenied",
      status: 403,
      message: `User: arn:aws:sts::123456789012:assumed-role/storePhoto-role/storePhoto is not authorized to perform: s3:PutObject on resource: "${photos}/k" because no identity-based policy allows the s3:PutObject action`,
    });
    expect(await endpoint.s3.objects.head(Bucket, "k")).toBeUndefined();
  });

  it("denies a list of the buckets without a resource, since none was named", async () => {
    await using endpoint = await denyAll();
    const { message } = await failure(endpoint.client().send(new ListBucketsCommand({})));
    expect(message).toMatch(
      / is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action$/,
    );
  });

  it("denies a large upload before it is read", async () => {
    await using endpoint = await denyAll();
    const Body = Buffer.alloc(20 * 1024 ** 2);
    expect(
      await failure(endpoint.client().send(new PutObjectCommand({ Bucket, Key: "k", Body }))),
    ).toMatchObject({
      name: "AccessDenied",
      status: 403,
    });
  });

  it("denies HeadObject without a body to say why", async () => {
    await using endpoint = await denyAll();
    expect(await failure(endpoint.client().send(new HeadObjectCommand({ Bucket, Key: "k" })))).toMatchObject({
      name: "Unknown",
      status: 403,
    });
  });

  it.each<[string, (question: Question) => boolean, number]>([
    ["404 to those who may list the bucket", () => true, 404],
    ["403 to those who may not", ({ action }) => action !== "s3:ListBucket", 403],
    [
      "403 to those who may list it under a prefix alone",
      ({ action, context }) => action !== "s3:ListBucket" || context["s3:prefix"] === "originals/",
      403,
    ],
  ])("an absent object answers %s", async (_, allow, status) => {
    await using endpoint = await startTestEndpoint({ allow });
    const client = endpoint.client();
    const name = status === 404 ? "NoSuchKey" : "AccessDenied";
    expect(await failure(client.send(new GetObjectCommand({ Bucket, Key: "k" })))).toMatchObject({
      name,
      status,
    });
    expect(await failure(client.send(new HeadObjectCommand({ Bucket, Key: "k" })))).toMatchObject({ status });
  });

  it("is asked for the ACL and the tags of a new object as well", async () => {
    await using endpoint = await startTestEndpoint({
      allow: ({ action }) => action !== "s3:PutObjectTagging",
    });
    const client = endpoint.client();
    const put = (input: object) =>
      client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound", ...input }));
    await put({ ACL: "bucket-owner-full-control", ServerSideEncryption: "AES256" });
    expect(endpoint.asked.map(({ action }) => action)).toEqual(["s3:PutObject", "s3:PutObjectAcl"]);
    expect(endpoint.asked[0]?.context).toMatchObject({
      "s3:x-amz-acl": "bucket-owner-full-control",
      "s3:x-amz-server-side-encryption": "AES256",
      "s3:authType": "REST-HEADER",
      "s3:signatureversion": "AWS4-HMAC-SHA256",
    });
    expect(await failure(put({ ACL: "public-read" }))).toMatchObject({
      name: "AccessControlListNotSupported",
    });
    expect(await failure(put({ Tagging: "a=1" }))).toMatchObject({ name: "AccessDenied" });
    expect(endpoint.asked.at(-1)?.context).toMatchObject({
      "s3:RequestObjectTag/a": "1",
      "s3:RequestObjectTagKeys": ["a"],
    });
  });

  it("hears how a presigned URL was signed, and how long ago", async () => {
    let now = new Date();
    await using endpoint = await startTestEndpoint({ clock: () => now });
    const signingDate = new Date(Math.floor(now.getTime() / 1000) * 1000);
    const url = await getSignedUrl(endpoint.client(), new GetObjectCommand({ Bucket, Key: "k" }), {
      signingDate,
    });
    now = new Date(signingDate.getTime() + 5000);
    await fetch(url);
    expect(endpoint.asked[0]?.context).toMatchObject({
      "s3:authType": "REST-QUERY-STRING",
      "s3:signatureAge": "5000",
    });
  });

  it("is not asked about anonymous requests: they are denied", async () => {
    await using endpoint = await startTestEndpoint();
    const response = await fetch(`${endpoint.url}/${Bucket}/k`);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("<Code>AccessDenied</Code><Message>Access Denied</Message>");
    expect(response.headers.get("x-amz-request-id")).toMatch(/^[0-9A-F]{16}$/);
    expect(endpoint.asked).toEqual([]);
  });
});

describe("an object's tags", () => {
  const tags = new GetObjectTaggingCommand({ Bucket, Key: "k" });

  it("are none, since nobody can set any: the AWS CLI reads them before it copies in parts", async () => {
    await using endpoint = await startTestEndpoint();
    expect(await failure(endpoint.client().send(tags))).toMatchObject({ name: "NoSuchKey", status: 404 });
    await endpoint.client().send(new PutObjectCommand({ Bucket, Key: "k", Body: "sound" }));
    expect(await endpoint.client().send(tags)).toMatchObject({ TagSet: [] });
  });

  it("are read by a right of their own", async () => {
    await using endpoint = await startTestEndpoint({
      allow: ({ action }) => action !== "s3:GetObjectTagging",
    });
    expect(await failure(endpoint.client().send(tags))).toMatchObject({ name: "AccessDenied", status: 403 });
  });
});

describe("what is not served", () => {
  it.each([
    ["PutObjectTagging", new PutObjectTaggingCommand({ Bucket, Key: "k", Tagging: { TagSet: [] } })],
    ["PutBucketTagging", new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [] } })],
    ["GetBucketPolicy", new GetBucketPolicyCommand({ Bucket })],
    [
      "PutBucketVersioning",
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
    ],
    ["CreateBucket", new CreateBucketCommand({ Bucket: "another" })],
    ["DeleteBucket", new DeleteBucketCommand({ Bucket })],
    ["x-amz-tagging", new PutObjectCommand({ Bucket, Key: "k", Body: "", Tagging: "a=1" })],
    ["aws:kms", new PutObjectCommand({ Bucket, Key: "k", Body: "", ServerSideEncryption: "aws:kms" })],
    ["GLACIER", new PutObjectCommand({ Bucket, Key: "k", Body: "", StorageClass: "GLACIER" })],
  ])("is refused by name: %s", async (name, command) => {
    await using endpoint = await startTestEndpoint();
    const result = await failure(endpoint.client().send(command as GetObjectCommand));
    expect(result).toMatchObject({ name: "NotImplemented", status: 501 });
    expect(result.message).toContain(name);
  });
});
