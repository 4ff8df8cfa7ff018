import * as sdk from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { startTestEndpoint } from "../../gate/endpoint/fixtures.ts";

/** What any of the operations wants to be told before the SDK sends it. */
const input = {
  Bucket: "photos",
  Key: "k",
  Id: "1",
  AnnotationName: "a",
  CopySource: "photos/k",
  Delete: { Objects: [{ Key: "k" }] },
  ObjectAttributes: ["ETag"],
  PartNumber: 1,
  RenameSource: "k",
  UploadId: "u",
};

/** They go to other addresses than the buckets'. */
const elsewhere = ["ListDirectoryBuckets", "WriteGetObjectResponse"];

const operations = Object.entries(sdk).flatMap(([name, command]) => {
  const operation = /^(\w+)Command$/.exec(name)?.[1];
  if (operation === undefined || typeof command !== "function" || elsewhere.includes(operation)) return [];
  return [[operation, command as new (fields: object) => sdk.GetObjectCommand] as const];
});

describe("each operation of S3 that the SDK has", () => {
  it("is served, or refused with status 501 and by its name", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    expect(operations.length).toBeGreaterThan(100);
    for (const [operation, command] of operations) {
      const error = await client.send(new command(input)).then(
        () => undefined,
        (thrown: sdk.S3ServiceException) => thrown,
      );
      if (error?.name !== "NotImplemented") continue;
      expect([error.$metadata.httpStatusCode, error.message]).toEqual([
        501,
        expect.stringContaining(`does not imitate ${operation} (`),
      ]);
    }
  });
});
