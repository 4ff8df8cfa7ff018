import { notificationTest, uploadNotification } from "@voice-notes/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uploadedKeys } from "./uploaded-keys.ts";

describe("uploadedKeys", () => {
  it("reads every key of a message, in order", () => {
    expect(uploadedKeys(uploadNotification("audio/one", "audio/two"))).toEqual(["audio/one", "audio/two"]);
  });

  it("reads any key as it was before S3 encoded it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (key) => {
        expect(uploadedKeys(uploadNotification(key))).toEqual([key]);
      }),
    );
  });

  it("tells a space from a plus sign", () => {
    const body = '{"Records":[{"s3":{"object":{"key":"audio/a+b%2Bc%C3%A9"}}}]}';

    expect(uploadedKeys(body)).toEqual(["audio/a b+cé"]);
  });

  it("finds no key in the message that S3 sends when the notification is set up", () => {
    expect(uploadedKeys(notificationTest)).toEqual([]);
  });

  it.each([
    "",
    "not JSON",
    "null",
    "[]",
    "{}",
    '{"Event":"else"}',
    '{"Records":[{}]}',
    '{"Records":[{"s3":{"object":{"key":1}}}]}',
  ])("throws for a message that is not S3's: %j", (body) => {
    expect(() => uploadedKeys(body)).toThrow("The message is no notification of S3's.");
  });
});
