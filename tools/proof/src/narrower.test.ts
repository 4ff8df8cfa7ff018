import { describe, expect, it } from "vitest";
import { enoughResource } from "./narrower.ts";

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
  ])("%s: %s", (_, pattern, used, enough) => {
    expect(enoughResource(grantOn(pattern), used)).toEqual(enough);
  });
});
