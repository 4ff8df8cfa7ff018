import { describe, expect, it } from "vitest";
import { enoughPrincipals, enoughResource, enoughValue } from "./narrower.ts";

const grantOn = (pattern: string) => ({
  action: { not: false, patterns: ["s3:GetObject"] },
  resource: { not: false, patterns: [pattern] },
});

describe("a wildcard", () => {
  it.each([
    [
      "is needed for two objects of a folder",
      "notes/originals/*",
      ["notes/originals/1", "notes/originals/2"],
      undefined,
    ],
    ["is not, where one object is all", "notes/config/*", ["notes/config/a.json"], ["notes/config/a.json"]],
    [
      "says too much, where all is in one folder",
      "notes/*",
      ["notes/originals/1", "notes/originals/2"],
      ["notes/originals/*"],
    ],
    ["is needed for two folders", "notes/*", ["notes/originals/1", "notes/results/1"], undefined],
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
      "arn:aws:s3:::*/originals/*",
      ["arn:aws:s3:::notes/originals/1", "arn:aws:s3:::notes/originals/2"],
      ["arn:aws:s3:::notes/originals/*"],
    ],
  ])("%s: %s", (_, pattern, used, enough) => {
    expect(enoughResource(grantOn(pattern), used)).toEqual(enough);
  });

  it.each([
    [
      "of a condition is needed for what is in the folder",
      "originals/*",
      ["originals/", "originals/1"],
      undefined,
    ],
    [
      "of a condition says too much beside the folder",
      "originals*",
      ["originals/", "originals/1"],
      "originals/*",
    ],
    ["of a condition says too much without a folder", "*", ["originals/1"], "originals/*"],
    ["of a condition is needed where nothing is in common", "*", ["originals/1", "results/1"], undefined],
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
