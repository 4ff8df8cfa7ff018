import { createHash } from "node:crypto";
import { once } from "node:events";
import { truncate } from "node:fs/promises";
import { get as httpGet, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, it } from "vitest";
import { startTestEndpoint, type TestEndpoint } from "../../gate/endpoint/fixtures.ts";
import { sha256 } from "../../gate/signature/signing.ts";
import { computeChecksum } from "./checksums.ts";
import {
  beginPut,
  bodyFolder,
  MiB,
  mebibytes,
  postForm,
  type SignedPut,
  send,
  signedPut,
  watchMemory,
} from "./fixtures.ts";

const Bucket = "photos";
const Key = "k";

/** How much memory may be in use, whatever the size of what passes: what stays in memory, and what is on its way. */
const allowance = 16 * MiB;

async function startWithFolder() {
  const folder = await bodyFolder();
  const endpoint = await startTestEndpoint({ temporaryFolder: folder.path });
  return {
    folder,
    endpoint,
    async [Symbol.asyncDispose]() {
      await endpoint[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function md5Of(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
  const md5 = createHash("md5");
  for await (const chunk of chunks) md5.update(chunk);
  return md5.digest("hex");
}

async function open(endpoint: TestEndpoint): Promise<IncomingMessage> {
  const url = await getSignedUrl(endpoint.client(), new GetObjectCommand({ Bucket, Key }));
  const [response] = (await once(httpGet(url), "response")) as [IncomingMessage];
  return response;
}

describe("64 MiB are never all in memory", () => {
  const size = 64 * MiB;

  it("on their way through a form", async () => {
    await using run = await startWithFolder();
    const memory = watchMemory();
    const answer = await postForm(run.endpoint, { key: Key, size, chunks: memory.watch(mebibytes(64)) });
    expect(answer.status).toBe(204);
    expect(memory.peak).toBeLessThan(allowance);
    const stored = await run.endpoint.s3.objects.head(Bucket, Key);
    expect(stored).toMatchObject({ size, etag: `"${await md5Of(mebibytes(64))}"` });
  });

  const chunks = [...mebibytes(64)];
  const trailers = { "x-amz-checksum-crc32": computeChecksum("CRC32", Buffer.concat(chunks)) };

  it.each<Omit<SignedPut, "key">>([
    { hash: sha256(Buffer.concat(chunks)), chunks },
    { hash: "UNSIGNED-PAYLOAD", chunks },
    { hash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", chunks, trailers },
    { hash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", chunks },
    { hash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", chunks, trailers },
  ])("on their way through PutObject with $hash, and back through GetObject", async (framing) => {
    await using run = await startWithFolder();
    const uploaded = watchMemory();
    const answer = await signedPut(run.endpoint, { ...framing, key: Key }, (body) => uploaded.watch(body));
    expect(answer.status).toBe(200);
    expect(uploaded.peak).toBeLessThan(allowance);
    const downloaded = watchMemory();
    const response = await open(run.endpoint);
    const md5 = await md5Of(downloaded.watchAsync(response));
    expect(md5).toBe(await md5Of(chunks));
    expect(downloaded.peak).toBeLessThan(allowance);
  });

  it("on their way into parts, and when the parts become an object and the object is copied", async () => {
    await using run = await startWithFolder();
    const client = run.endpoint.client();
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const memory = watchMemory();
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      const url = await getSignedUrl(client, new UploadPartCommand({ Bucket, Key, UploadId, PartNumber }));
      const { headers } = await send(url, {
        method: "PUT",
        headers: { "content-length": size / 2 },
        chunks: memory.watch(mebibytes(32)),
      });
      Parts.push({ PartNumber, ETag: headers.etag });
    }
    expect(memory.peak).toBeLessThan(allowance);
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    const copy = new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/${Key}` });
    const { CopyObjectResult } = await client.send(copy);
    expect(CopyObjectResult?.ETag).toBe(`"${await md5Of([...mebibytes(32), ...mebibytes(32)])}"`);
    // Neither the object nor its copy is a copy on the disk.
    expect(await run.folder.files()).toHaveLength(2);
  });
});

describe("a large object", () => {
  const body = Buffer.concat([...mebibytes(3)]);
  const put = (endpoint: TestEndpoint) =>
    endpoint.client().send(new PutObjectCommand({ Bucket, Key, Body: body }));

  it.each(["bytes=0-0", "bytes=1048570-2097160", "bytes=-10", "bytes=3145727-"])(
    "is read in %s",
    async (Range) => {
      await using run = await startWithFolder();
      await put(run.endpoint);
      const { Body, ContentRange, ContentLength } = await run.endpoint
        .client()
        .send(new GetObjectCommand({ Bucket, Key, Range }));
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      const [first = 0, last = 0] =
        /(\d+)-(\d+)/
          .exec(ContentRange ?? "")
          ?.slice(1)
          .map(Number) ?? [];
      expect(bytes.equals(body.subarray(first, last + 1))).toBe(true);
      expect(ContentLength).toBe(last - first + 1);
    },
  );

  it("comes whole to a reader though it is replaced and deleted meanwhile, and its file is gone then", async () => {
    await using run = await startWithFolder();
    await put(run.endpoint);
    const response = await open(run.endpoint);
    await run.endpoint.client().send(new PutObjectCommand({ Bucket, Key, Body: "another" }));
    await run.endpoint.client().send(new DeleteObjectCommand({ Bucket, Key }));
    expect(await run.folder.files()).toHaveLength(1);
    expect(await md5Of(response)).toBe(await md5Of([body]));
    await expect.poll(() => run.folder.files()).toEqual([]);
  });

  it("is let go of when its reader goes away, and nothing is said of it", async () => {
    await using run = await startWithFolder();
    // More than fits into the buffers between the two.
    const Body = Readable.from(mebibytes(32));
    const client = run.endpoint.client();
    await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: 32 * MiB }));
    const response = await open(run.endpoint);
    await once(response, "readable");
    response.destroy();
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
    await expect.poll(() => run.folder.files()).toEqual([]);
    expect(run.endpoint.logged).toEqual([]);
  });

  it("is let go of when its reader stands still", async () => {
    await using folder = await bodyFolder();
    await using endpoint = await startTestEndpoint({ temporaryFolder: folder.path, idleTimeout: 250 });
    await endpoint.s3.objects.put(Bucket, Key, Buffer.concat([...mebibytes(32)]));
    const response = await open(endpoint);
    await endpoint.client().send(new DeleteObjectCommand({ Bucket, Key }));
    await expect.poll(() => folder.files(), { timeout: 5000 }).toEqual([]);
    response.on("error", () => {});
    response.destroy();
    expect(endpoint.logged).toEqual([]);
  });

  it("breaks off, and the log says why, when its file is damaged", async () => {
    await using run = await startWithFolder();
    await put(run.endpoint);
    const response = await open(run.endpoint);
    const [file = ""] = await run.folder.files();
    await truncate(file, 100);
    response.resume();
    await expect(once(response, "end")).rejects.toThrow();
    await expect.poll(() => run.endpoint.logged.join()).toContain("has become shorter");
  });

  it("is shared by its copies and by parts of it, and its file goes with the last of them", async () => {
    await using run = await startWithFolder();
    const client = run.endpoint.client();
    await put(run.endpoint);
    const CopySource = `${Bucket}/${Key}`;
    await client.send(new CopyObjectCommand({ Bucket: "archive", Key, CopySource }));
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts" }));
    const upload = { Bucket, Key: "parts", UploadId };
    const CopySourceRange = "bytes=10-2097151";
    await client.send(new UploadPartCopyCommand({ ...upload, PartNumber: 1, CopySource, CopySourceRange }));
    expect(await run.folder.files()).toHaveLength(1);
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
    await client.send(new DeleteObjectCommand({ Bucket: "archive", Key }));
    expect(await run.folder.files()).toHaveLength(1);
    await client.send(new AbortMultipartUploadCommand(upload));
    await expect.poll(() => run.folder.files()).toEqual([]);
  });

  it("loses the parts that were not chosen, and one that came again, when it is put together", async () => {
    await using run = await startWithFolder();
    const client = run.endpoint.client();
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const part = async (PartNumber: number, Body: Buffer) => {
      const command = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body });
      const { ETag, ChecksumCRC32 } = await client.send(command);
      return { PartNumber, ETag, ChecksumCRC32 };
    };
    await part(1, body);
    const first = await part(1, Buffer.concat([body, body]));
    await part(2, body);
    await expect.poll(() => run.folder.files()).toHaveLength(2);
    const MultipartUpload = { Parts: [first] };
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    await expect.poll(() => run.folder.files()).toHaveLength(1);
    expect(await md5Of(await open(run.endpoint))).toBe(await md5Of([body, body]));
  });

  it("leaves no file behind when the run ends", async () => {
    await using folder = await bodyFolder();
    const endpoint = await startTestEndpoint({ temporaryFolder: folder.path });
    await put(endpoint);
    expect(await folder.files()).toHaveLength(1);
    await endpoint[Symbol.asyncDispose]();
    expect(await folder.files()).toEqual([]);
  });
});

describe("a large upload", () => {
  const chunks = [...mebibytes(3)];
  const body = Buffer.concat(chunks);
  const checksum = { "x-amz-checksum-crc32": computeChecksum("CRC32", body) };
  const wrong = { "x-amz-checksum-crc32": "AAAAAA==" };
  const framings: readonly Omit<SignedPut, "key">[] = [
    { hash: sha256(body), chunks, headers: checksum },
    { hash: "UNSIGNED-PAYLOAD", chunks, headers: checksum },
    { hash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", chunks, trailers: checksum },
    { hash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", chunks, headers: checksum },
    { hash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", chunks, trailers: checksum },
  ];

  it.each(framings)("is stored from $hash", async (framing) => {
    await using run = await startWithFolder();
    expect(await signedPut(run.endpoint, { ...framing, key: Key })).toMatchObject({ status: 200 });
    expect((await run.endpoint.s3.objects.get(Bucket, Key))?.equals(body)).toBe(true);
  });

  it.each<[string, Omit<SignedPut, "key">, string]>([
    ["another hash", { hash: sha256("other"), chunks }, "XAmzContentSHA256Mismatch"],
    [
      "a forged chunk",
      { hash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", chunks, forged: true },
      "SignatureDoesNotMatch",
    ],
    ["another checksum", { hash: "UNSIGNED-PAYLOAD", chunks, headers: wrong }, "BadDigest"],
    [
      "another trailing checksum",
      { hash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", chunks, trailers: wrong },
      "BadDigest",
    ],
    [
      "an MD5 of another body",
      { hash: "UNSIGNED-PAYLOAD", chunks, headers: { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" } },
      "BadDigest",
    ],
    [
      "fewer bytes than it announced",
      {
        hash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        chunks,
        headers: { "x-amz-decoded-content-length": String(body.length + 1) },
      },
      "IncompleteBody",
    ],
    [
      "more bytes than it announced",
      {
        hash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        chunks,
        headers: { "x-amz-decoded-content-length": String(body.length - 1) },
      },
      "IncompleteBody",
    ],
    [
      "a condition that fails",
      { hash: "UNSIGNED-PAYLOAD", chunks, headers: { "if-none-match": "*" } },
      "PreconditionFailed",
    ],
  ])("with %s is refused, leaves no file, and what was there stays", async (_, framing, code) => {
    await using run = await startWithFolder();
    await run.endpoint.s3.objects.put(Bucket, Key, Buffer.from("before"));
    const { text } = await signedPut(run.endpoint, { ...framing, key: Key });
    expect(text).toContain(`<Code>${code}</Code>`);
    await expect.poll(() => run.folder.files()).toEqual([]);
    expect(await run.endpoint.s3.objects.get(Bucket, Key)).toEqual(Buffer.from("before"));
    expect(run.endpoint.logged).toEqual([]);
  });

  it("that breaks off leaves no file", async () => {
    await using run = await startWithFolder();
    const { sent } = beginPut(run.endpoint, { key: Key, hash: sha256(body), chunks });
    sent.on("error", () => {});
    sent.write(body.subarray(0, 2 * MiB));
    await expect.poll(() => run.folder.files()).toHaveLength(1);
    sent.destroy();
    await expect.poll(() => run.folder.files()).toEqual([]);
    expect(await run.endpoint.s3.objects.head(Bucket, Key)).toBeUndefined();
    expect(run.endpoint.logged).toEqual([]);
  });

  it("through a form that breaks off leaves no file", async () => {
    await using run = await startWithFolder();
    const broken = function* () {
      yield* mebibytes(2);
      throw new Error("the client goes away");
    };
    const posting = postForm(run.endpoint, { key: Key, size: 3 * MiB, chunks: broken() });
    await expect(posting).rejects.toThrow();
    await expect.poll(() => run.folder.files()).toEqual([]);
    expect(await run.endpoint.s3.objects.head(Bucket, Key)).toBeUndefined();
    expect(run.endpoint.logged).toEqual([]);
  });

  it("that exceeds its form's limit leaves no file, and is told its size", async () => {
    await using run = await startWithFolder();
    const answer = await postForm(run.endpoint, {
      key: Key,
      size: 3 * MiB,
      chunks: mebibytes(3),
      maximum: 3 * MiB - 1,
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(
      `<Code>EntityTooLarge</Code><Message>Your proposed upload exceeds the maximum allowed size</Message><ProposedSize>${3 * MiB}</ProposedSize><MaxSizeAllowed>${3 * MiB - 1}</MaxSizeAllowed>`,
    );
    await expect.poll(() => run.folder.files()).toEqual([]);
  });

  it("of a part whose upload is aborted meanwhile leaves no file", async () => {
    await using run = await startWithFolder();
    const client = run.endpoint.client();
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const ended = Promise.withResolvers<void>();
    const slowly = async function* () {
      yield body.subarray(0, 2 * MiB);
      await ended.promise;
      yield body.subarray(2 * MiB);
    };
    const uploading = client.send(
      new UploadPartCommand({
        Bucket,
        Key,
        UploadId,
        PartNumber: 1,
        Body: Readable.from(slowly()),
        ContentLength: body.length,
      }),
    );
    await expect.poll(() => run.folder.files()).toHaveLength(1);
    await run.endpoint.client().send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    ended.resolve();
    await expect(uploading).rejects.toMatchObject({ name: "NoSuchUpload" });
    await expect.poll(() => run.folder.files()).toEqual([]);
  });
});

describe("the size of an upload", () => {
  it.each([
    [0, 204],
    [1000, 204],
    [1001, 400],
  ])("may be as large as its form's limit of 1000 bytes: %i", async (size, status) => {
    await using run = await startWithFolder();
    const answer = await postForm(run.endpoint, {
      key: Key,
      size,
      chunks: [Buffer.alloc(size)],
      maximum: 1000,
    });
    expect(answer.status).toBe(status);
    expect((await run.endpoint.s3.objects.head(Bucket, Key))?.size).toBe(status === 204 ? size : undefined);
  });

  it("may be nothing", async () => {
    await using run = await startWithFolder();
    for (const { hash } of [{ hash: sha256("") }, { hash: "UNSIGNED-PAYLOAD" }]) {
      expect(await signedPut(run.endpoint, { key: Key, hash, chunks: [] })).toMatchObject({ status: 200 });
    }
    const trailers = { "x-amz-checksum-crc32": "AAAAAA==" };
    for (const hash of ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]) {
      expect(await signedPut(run.endpoint, { key: Key, hash, chunks: [], trailers })).toMatchObject({
        status: 200,
      });
    }
    const { Body, ContentLength } = await run.endpoint.client().send(new GetObjectCommand({ Bucket, Key }));
    expect([ContentLength, await Body?.transformToString()]).toEqual([0, ""]);
  });

  it.each([
    ["content-length", { hash: "UNSIGNED-PAYLOAD" }],
    ["x-amz-decoded-content-length", { hash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER" }],
  ])("of more than 5 GiB is refused by its %s alone", async (header, { hash }) => {
    await using run = await startWithFolder();
    const size = 5 * 1024 ** 3 + 1;
    const headers = { [header]: String(size) };
    const { sent } = beginPut(run.endpoint, { key: Key, hash, chunks: [], headers });
    sent.setHeader(header, size);
    sent.on("error", () => {});
    sent.flushHeaders();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(400);
    const text = Buffer.concat(await response.toArray()).toString();
    expect(text).toContain(
      `<Code>EntityTooLarge</Code><Message>Your proposed upload exceeds the maximum allowed size</Message><ProposedSize>${size}</ProposedSize><MaxSizeAllowed>${size - 1}</MaxSizeAllowed>`,
    );
    sent.destroy();
  });
});
