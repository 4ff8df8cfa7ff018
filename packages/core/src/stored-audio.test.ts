import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { findStoredAudio } from "./stored-audio.ts";
import { s3Failures, sentCommands } from "./testing/index.ts";

const s3 = mockClient(S3Client);

const id = "0199a3c2-5f6e-7c3a-9d2b-3f1e5a7c9b1d.en-US.wav";
const audio = { Key: `audio/${id}`, Size: 4 };

const find = () => findStoredAudio(new S3Client(), "a-bucket", { id, language: "en-US", format: "wav" });

beforeEach(() => {
  s3.reset();
});

describe("findStoredAudio", () => {
  it("is the object as S3 lists it", async () => {
    s3.on(ListObjectsV2Command).resolves({ Contents: [audio] });

    expect(await find()).toEqual(audio);
  });

  it("asks for the exact key, by listing", async () => {
    s3.on(ListObjectsV2Command).resolves({});

    await find();

    expect(sentCommands(s3)).toEqual([
      ["ListObjectsV2Command", { Bucket: "a-bucket", Prefix: `audio/${id}`, MaxKeys: 1 }],
    ]);
  });

  it.each([{}, { Contents: [] }, { Contents: [{ Key: `audio/${id}.bak` }] }])(
    "is undefined when S3 answers %j",
    async (answer) => {
      s3.on(ListObjectsV2Command).resolves(answer);

      expect(await find()).toBeUndefined();
    },
  );

  it.each(Object.entries({ ...s3Failures.lasting, ...s3Failures.temporary }))(
    "throws %s: what S3 does not say is not taken for absent",
    async (_, failure) => {
      s3.on(ListObjectsV2Command).rejects(failure);

      await expect(find()).rejects.toBe(failure);
    },
  );
});
