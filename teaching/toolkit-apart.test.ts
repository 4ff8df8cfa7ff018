import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..");
const toolkit = join(root, "rolecall", "src");

/** As the service is written; tags of CloudFormation's say nothing here. */
const read = (file: string) => parse(readFileSync(join(root, file), "utf8"), { logLevel: "silent" });

const { service, functions } = read("serverless.yml") as { service: string; functions: object };
const logicalIds = globSync("resources/*.yml", { cwd: root }).flatMap((file) =>
  Object.keys(read(file)?.Resources ?? {}),
);

/** What only this service is called. */
const names = [
  service,
  ...Object.keys(functions),
  ...logicalIds,
  "audio/*",
  "audio/x",
  "audio/{",
  "transcripts/",
  "/recordings",
  "/upload-forms",
  "uploads-queue",
  "JOB_NAME_PREFIX",
  "scenarios/src",
  "samples/",
  "pnpm transcribe",
];

const isOfTests = /\.test\.ts$|\.cases\.ts$|(^|\/)testing\/|fixtures\.ts$|\/test-[^/]*\.ts$/;

const files = globSync("**/*.{ts,js,mjs,html,css,json}", { cwd: toolkit }).map((file) =>
  file.split(sep).join("/"),
);

const namedIn = (file: string): string[] => {
  const text = readFileSync(join(toolkit, file), "utf8");
  return names.filter((name) => text.includes(name));
};

describe("the toolkit knows nothing of this service", () => {
  it("by the names of its functions, its resources, its paths: they are read at all", () => {
    expect(names).toEqual(expect.arrayContaining(["voice-notes", "receiveAudio", "RecordingsBucket"]));
    expect(files.length).toBeGreaterThan(300);
  });

  it("in what it ships: its code, its page, its words", () => {
    const found = files
      .filter((file) => !isOfTests.test(file))
      .flatMap((file) => namedIn(file).map((name) => `${file}: ${name}`));

    expect(found).toEqual([]);
  });

  it("in its tests, which have fixtures of their own", () => {
    const found = files
      .filter((file) => isOfTests.test(file))
      .flatMap((file) => namedIn(file).map((name) => `${file}: ${name}`));

    expect(found).toEqual([]);
  });
});
