import { describe, expect, it } from "vitest";
import { isTemporary } from "./failures.ts";
import { badRequest, s3Error, s3Failures, transcribeFailures } from "./testing/index.ts";

describe("isTemporary", () => {
  it.each([...Object.entries(s3Failures.temporary), ...Object.entries(transcribeFailures.temporary)])(
    "is true of %s",
    (_, failure) => {
      expect(isTemporary(failure)).toBe(true);
    },
  );

  it("is true of any error of the server's", () => {
    expect(isTemporary(s3Error("SomethingNew", 509))).toBe(true);
  });

  it.each([...Object.entries(s3Failures.lasting), ...Object.entries(transcribeFailures.lasting)])(
    "is false of %s, which stays until somebody changes something",
    (_, failure) => {
      expect(isTemporary(failure)).toBe(false);
    },
  );

  it.each([
    badRequest("Transcribe refuses"),
    new Error("a mistake of ours"),
    Object.assign(new Error("Could not load credentials"), { name: "CredentialsProviderError" }),
    "a text that was thrown",
    undefined,
  ])("is false of %s", (thrown) => {
    expect(isTemporary(thrown)).toBe(false);
  });
});
