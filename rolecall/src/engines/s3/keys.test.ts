import { text } from "node:stream/consumers";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, it } from "vitest";
import { startTestEndpoint } from "../../gate/endpoint/fixtures.ts";
import { postForm, send } from "./fixtures.ts";

const Bucket = "photos";

const keys = [
  "with space",
  " ",
  "plus+plus",
  "+",
  "percent%percent",
  "%2F%20%",
  "composed \u00e9",
  "decomposed e\u0301",
  "\u{1f600}/\u65e5\u672c",
  ".",
  "./a",
  "a/./b",
  "a/../b",
  "a/b/../..",
  "..a/...",
  "/leading",
  "//leading twice",
  "a//b",
  "trailing/",
  "trailing//",
  "/",
  "?a=b&c#d",
  "a;b:c@d,e=f",
  "k".repeat(1024),
  "\u00e9".repeat(512),
];

describe("the key", () => {
  it.each(keys)("%j can be put, read, listed, copied, presigned, posted and deleted", async (Key) => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const stored = async (key = Key) => (await endpoint.s3.objects.get(Bucket, key))?.toString();

    await client.send(new PutObjectCommand({ Bucket, Key, Body: "put" }));
    expect(await stored()).toBe("put");
    expect(endpoint.asked.at(-1)?.resource).toBe(`arn:aws:s3:::${Bucket}/${Key}`);
    expect(await client.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({ ContentLength: 3 });
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(await Body?.transformToString()).toBe("put");

    const list = { Bucket, Prefix: Key };
    const plain = [
      await client.send(new ListObjectsCommand(list)),
      await client.send(new ListObjectsV2Command(list)),
    ];
    for (const { Contents } of plain) expect(Contents?.map((object) => object.Key)).toEqual([Key]);
    for (const encoded of [
      await client.send(new ListObjectsCommand({ ...list, EncodingType: "url" })),
      await client.send(new ListObjectsV2Command({ ...list, EncodingType: "url" })),
    ]) {
      const [object] = encoded.Contents ?? [];
      expect(decodeURIComponent((object?.Key ?? "").replaceAll("+", " "))).toBe(Key);
      expect(decodeURIComponent((encoded.Prefix ?? "").replaceAll("+", " "))).toBe(Key);
    }

    const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
    await client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
    expect(await stored("copy")).toBe("put");

    const putUrl = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key }));
    const chunks = [Buffer.from("presigned")];
    const put = await send(putUrl, { method: "PUT", chunks, headers: { "content-length": 9 } });
    expect([put.statusCode, await stored()]).toEqual([200, "presigned"]);
    const getUrl = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key }));
    expect(await text(await send(getUrl, { chunks: [] }))).toBe("presigned");

    const posted = await postForm(endpoint, { key: Key, size: 6, chunks: [Buffer.from("posted")] });
    expect([posted.status, await stored()]).toEqual([204, "posted"]);

    await client.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(await stored()).toBeUndefined();
    await endpoint.s3.objects.put(Bucket, Key, Buffer.from("again"));
    const { Deleted } = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }),
    );
    expect([Deleted?.[0]?.Key, await stored()]).toEqual([Key, undefined]);
  });

  it("is another one when its characters are composed in another way", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    for (const Key of ["\u00e9", "e\u0301"]) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    }
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(["e\u0301", "\u00e9"]);
  });

  it.each([
    ["of 1025 bytes", "k".repeat(1025), "KeyTooLongError"],
    ["of 1025 bytes in fewer characters", `\u00e9${"\u00e9".repeat(511)}k`, "KeyTooLongError"],
    ["that leads out of its beginning", "../a", ""],
    ["that leads out further on", "a/../../b", ""],
    ["that leads out through nothing", "//../a", ""],
  ])("%s is refused wherever it comes", async (_, Key, code) => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const refused = { $metadata: { httpStatusCode: 400 }, ...(code && { name: code }) };
    await expect(client.send(new GetObjectCommand({ Bucket, Key }))).rejects.toMatchObject(refused);
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key }));
    const presigned = await send(url, { chunks: [] });
    const posted = await postForm(endpoint, { key: Key, size: 1, chunks: [Buffer.from("a")] });
    for (const answer of [
      { status: presigned.statusCode, text: await text(presigned) },
      { status: posted.status, text: posted.text },
    ]) {
      expect(answer.status).toBe(400);
      if (code === "") expect(answer.text).toBe("");
      else expect(answer.text).toContain(`<Code>${code}</Code>`);
    }
    expect(endpoint.asked).toEqual([]);
  });
});
