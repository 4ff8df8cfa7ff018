import {
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectAttributesCommand,
  type GetObjectAttributesCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  type ObjectAttributes,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, it } from "vitest";
import { startTestEndpoint, type TestEndpoint } from "../../gate/endpoint/fixtures.ts";
import { computeChecksum } from "./checksums.ts";
import { MiB } from "./fixtures.ts";

const Bucket = "photos";
const Key = "k";
const bodies = [Buffer.alloc(5 * MiB, 1), Buffer.alloc(5 * MiB, 2), Buffer.alloc(100, 3)];

async function uploadParts(endpoint: TestEndpoint, create: Partial<CreateMultipartUploadCommandInput> = {}) {
  const client = endpoint.client(
    create.ChecksumAlgorithm ? {} : { requestChecksumCalculation: "WHEN_REQUIRED" },
  );
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...create }));
  const Parts: NonNullable<CompleteMultipartUploadCommandInput["MultipartUpload"]>["Parts"] = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const command = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ...create });
    const { $metadata: _, ServerSideEncryption: __, ...part } = await client.send(command);
    Parts.push({ PartNumber, ...part });
  }
  return client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
  );
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => ({ name: error.name, message: error.message, status: error.$metadata.httpStatusCode }),
  );

describe("a part of a multipart object", () => {
  it("is read by its number, with how many there are", async () => {
    await using endpoint = await startTestEndpoint();
    const { ETag } = await uploadParts(endpoint);
    const client = endpoint.client();
    const got = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
    expect(got).toMatchObject({
      $metadata: { httpStatusCode: 206 },
      ETag,
      PartsCount: 3,
      ContentLength: 5 * MiB,
      ContentRange: `bytes ${5 * MiB}-${10 * MiB - 1}/${10 * MiB + 100}`,
    });
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(bodies[1] as Buffer)).toBe(
      true,
    );
    const head = await client.send(new HeadObjectCommand({ Bucket, Key, PartNumber: 3 }));
    expect(head).toMatchObject({
      $metadata: { httpStatusCode: 206 },
      PartsCount: 3,
      ContentLength: 100,
    });
    const whole = await client.send(new HeadObjectCommand({ Bucket, Key }));
    expect(whole.PartsCount).toBeUndefined();
    expect(endpoint.asked.slice(-3).map(({ action }) => action)).toEqual(Array(3).fill("s3:GetObject"));
  });

  it("comes with its own checksum, unless there is one of the whole alone", async () => {
    await using endpoint = await startTestEndpoint();
    await uploadParts(endpoint, { ChecksumAlgorithm: "SHA256" });
    const head = new HeadObjectCommand({ Bucket, Key, PartNumber: 3, ChecksumMode: "ENABLED" });
    expect(await endpoint.client().send(head)).toMatchObject({
      ChecksumSHA256: computeChecksum("SHA256", bodies[2] as Buffer),
      ChecksumType: "COMPOSITE",
    });
    await uploadParts(endpoint, { ChecksumAlgorithm: "CRC64NVME" });
    expect((await endpoint.client().send(head)).ChecksumType).toBeUndefined();
  });

  it("may be the whole of an object that came in one piece", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    await client.send(new PutObjectCommand({ Bucket, Key, Body: "sound" }));
    const got = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 1 }));
    expect(got).toMatchObject({ $metadata: { httpStatusCode: 206 }, ContentRange: "bytes 0-4/5" });
    expect(got.PartsCount).toBeUndefined();
    expect(await got.Body?.transformToString()).toBe("sound");
    await client.send(new PutObjectCommand({ Bucket, Key, Body: "" }));
    const empty = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 1 }));
    expect(empty).toMatchObject({ $metadata: { httpStatusCode: 206 }, ContentLength: 0 });
  });

  it("that there is not is refused, and so is a range beside it", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    await client.send(new PutObjectCommand({ Bucket, Key, Body: "sound" }));
    const get = (input: object) => failure(client.send(new GetObjectCommand({ Bucket, Key, ...input })));
    expect(await get({ PartNumber: 2 })).toEqual({
      name: "InvalidPartNumber",
      message: "The requested partnumber is not satisfiable",
      status: 416,
    });
    for (const PartNumber of [0, 10_001]) {
      expect(await get({ PartNumber })).toEqual({
        name: "InvalidArgument",
        message: "Part number must be an integer between 1 and 10000, inclusive",
        status: 400,
      });
    }
    expect(await get({ PartNumber: 1, Range: "bytes=0-1" })).toEqual({
      name: "InvalidRequest",
      message: "Cannot specify both Range header and partNumber query parameter",
      status: 400,
    });
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
    expect(await (await fetch(url)).text()).toContain(
      "<ActualPartCount>1</ActualPartCount><PartNumberRequested>2</PartNumberRequested>",
    );
  });
});

describe("an object's attributes", () => {
  const all: ObjectAttributes[] = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];
  const attributes = (endpoint: TestEndpoint, input: Partial<GetObjectAttributesCommandInput> = {}) =>
    endpoint.client().send(new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: all, ...input }));

  it("are those that were asked for, and that it has", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    const put = await client.send(new PutObjectCommand({ Bucket, Key, Body: "sound" }));
    const { $metadata: _, LastModified, ...told } = await attributes(endpoint);
    expect(LastModified).toBeInstanceOf(Date);
    expect(told).toEqual({
      ETag: put.ETag?.replaceAll('"', ""),
      Checksum: { ChecksumCRC32: put.ChecksumCRC32, ChecksumType: "FULL_OBJECT" },
      StorageClass: "STANDARD",
      ObjectSize: 5,
    });
    const size = await attributes(endpoint, { ObjectAttributes: ["ObjectSize"] });
    expect(size.ObjectSize).toBe(5);
    expect(size.ETag).toBeUndefined();
  });

  it("count the parts, and list them page by page where their checksums make up the object's", async () => {
    await using endpoint = await startTestEndpoint();
    const { ChecksumSHA256 } = await uploadParts(endpoint, { ChecksumAlgorithm: "SHA256" });
    const first = await attributes(endpoint, { MaxParts: 2 });
    expect(`${first.Checksum?.ChecksumSHA256}-3`).toBe(ChecksumSHA256);
    expect(first.ObjectParts).toMatchObject({
      TotalPartsCount: 3,
      PartNumberMarker: "0",
      NextPartNumberMarker: "2",
      MaxParts: 2,
      IsTruncated: true,
      Parts: [
        { PartNumber: 1, Size: 5 * MiB, ChecksumSHA256: computeChecksum("SHA256", bodies[0] as Buffer) },
        { PartNumber: 2, Size: 5 * MiB },
      ],
    });
    const second = await attributes(endpoint, { MaxParts: 2, PartNumberMarker: "2" });
    expect(second.ObjectParts).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 3, Size: 100 }] });
  });

  it("only count the parts where they have none, or the object has one of the whole", async () => {
    await using endpoint = await startTestEndpoint();
    await uploadParts(endpoint);
    const without = await attributes(endpoint);
    expect(without.ObjectParts).toEqual({ TotalPartsCount: 3 });
    expect(without.Checksum).toBeUndefined();
    await uploadParts(endpoint, { ChecksumAlgorithm: "CRC64NVME" });
    const ofTheWhole = await attributes(endpoint);
    expect(ofTheWhole.ObjectParts).toEqual({ TotalPartsCount: 3 });
    expect(ofTheWhole.Checksum).toEqual({
      ChecksumCRC64NVME: computeChecksum("CRC64NVME", Buffer.concat(bodies)),
      ChecksumType: "FULL_OBJECT",
    });
  });

  it("are told to those alone who may read the object as well", async () => {
    for (const missing of ["s3:GetObject", "s3:GetObjectAttributes"]) {
      await using endpoint = await startTestEndpoint({ allow: ({ action }) => action !== missing });
      await endpoint.s3.objects.put(Bucket, Key, Buffer.from("sound"));
      expect(await failure(attributes(endpoint))).toMatchObject({
        name: "AccessDenied",
        message: expect.stringContaining(`is not authorized to perform: ${missing} on resource`),
      });
    }
  });

  it.each([
    ["absent", (endpoint: TestEndpoint) => attributes(endpoint, { Key: "absent" }), "NoSuchKey"],
    [
      "unknown",
      (endpoint: TestEndpoint) => attributes(endpoint, { ObjectAttributes: ["Colour" as "ETag"] }),
      "InvalidArgument",
    ],
    [
      "none",
      (endpoint: TestEndpoint) => attributes(endpoint, { ObjectAttributes: undefined as never }),
      "InvalidRequest",
    ],
  ])("are refused when what is asked for is %s", async (_, ask, name) => {
    await using endpoint = await startTestEndpoint();
    await endpoint.s3.objects.put(Bucket, Key, Buffer.from("sound"));
    expect(await failure(ask(endpoint))).toMatchObject({ name });
  });
});
