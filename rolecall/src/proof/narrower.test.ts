import { describe, expect, it } from "vitest";
import { enoughPrincipals, enoughResource, enoughValue } from "./narrower.ts";

const grantOn = (pattern: string) => ({
  action: { not: false, patterns: ["s3:GetObject"] },
  resource: { not: false, patterns: [pattern] },
});

describe("a wildcard", () => {
  it.each([
    ["is needed for two objects of a folder", "notes/audio/*", ["notes/audio/1", "notes/audio/2"], undefined],
    ["is not, where one object is all", "notes/config/*", ["notes/config/a.json"], ["notes/config/a.json"]],
    [
      "says too much, where all is in one folder",
      "notes/*",
      ["notes/audio/1", "notes/audio/2"],
      ["notes/audio/*"],
    ],
    ["is needed for two folders", "notes/*", ["notes/audio/1", "notes/transcripts/1"], undefined],
    [
      "is needed behind a prefix that is no folder",
      "job/notes_dev_*",
      ["job/notes_dev_1", "job/notes_dev_2"],
      undefined,
    ],
    ["alone stands for whatever has no resource", "*", ["*"], undefined],
    [
      "is not, where one region and one account are all",
      "arn:aws:transcribe:*:*:transcription-job/notes_dev_*",
      [1, 2].map((job) => `arn:aws:transcribe:us-east-1:123456789012:transcription-job/notes_dev_${job}`),
      ["arn:aws:transcribe:us-east-1:123456789012:transcription-job/notes_dev_*"],
    ],
    [
      "is needed for two accounts",
      "arn:aws:transcribe:us-east-1:*:transcription-job/notes_dev_*",
      [1, 2].map(
        (account) => `arn:aws:transcribe:us-east-1:${account}:transcription-job/notes_dev_${account}`,
      ),
      undefined,
    ],
    [
      "in two places is narrowed in both",
      "arn:aws:s3:::*/audio/*",
      ["arn:aws:s3:::notes/audio/1", "arn:aws:s3:::notes/audio/2"],
      ["arn:aws:s3:::notes/audio/*"],
    ],
  ])("%s: %s", (_, pattern, used, enough) => {
    expect(enoughResource(grantOn(pattern), used)).toEqual(enough);
  });

  it.each([
    ["of a condition is needed for what is in the folder", "audio/*", ["audio/", "audio/1"], undefined],
    ["of a condition says too much beside the folder", "audio*", ["audio/", "audio/1"], "audio/*"],
    ["of a condition says too much without a folder", "*", ["audio/1"], "audio/*"],
    ["of a condition is needed where nothing is in common", "*", ["audio/1", "transcripts/1"], undefined],
  ])("%s: %s", (_, pattern, used, enough) => {
    expect(enoughValue(pattern, used)).toEqual(enough);
  });

  it("for everybody says too much, where one service is all that asks", () => {
    const nobody = { not: false, anyone: false, aws: [], services: [], federated: [] };
    const used = [{ caller: { type: "service", service: "s3.amazonaws.com" } as const }];

    expect(
      enoughPrincipals({ ...grantOn("*"), principal: { ...nobody, anyone: true, aws: ["*"] } }, used),
    ).toEqual(["s3.amazonaws.com"]);
    expect(
      enoughPrincipals({ ...grantOn("*"), principal: { ...nobody, services: ["s3.amazonaws.com"] } }, used),
    ).toBeUndefined();
  });
});
