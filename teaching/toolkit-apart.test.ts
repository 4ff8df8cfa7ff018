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

/** Tests of the toolkit that read the template of this service, or its names. They are to get fixtures of their own. */
const runOnThisService: readonly string[] = [
  "ask/blast-radius/blast-radius.test.ts",
  "ask/explain/explain-message.test.ts",
  "ask/explain/explain.test.ts",
  "ask/lint/lint.properties.test.ts",
  "ask/lint/lint.test.ts",
  "ask/lint/rules/buckets.cases.ts",
  "ask/lint/rules/callers.cases.ts",
  "ask/lint/rules/condition-keys.cases.ts",
  "ask/lint/rules/condition-values.cases.ts",
  "ask/lint/rules/deployment.cases.ts",
  "ask/lint/rules/environment.cases.ts",
  "ask/lint/rules/resources.cases.ts",
  "ask/lint/rules/roles.cases.ts",
  "ask/lint/rules/routes.cases.ts",
  "ask/lint/rules/sids.cases.ts",
  "ask/lint/rules/stages.cases.ts",
  "ask/lint/testing/changes.ts",
  "ask/report/document.test.ts",
  "ask/report/names.test.ts",
  "ask/report/view.test.ts",
  "cli/explain.test.ts",
  "cli/permissions.test.ts",
  "engines/speech/recorded.test.ts",
  "engines/transcribe/transcribe.test.ts",
  "proof/closed.test.ts",
  "run/stages.test.ts",
  "run/start.test.ts",
  "stack/source/service.test.ts",
  "stack/source/testing/changed-service.ts",
];

const files = globSync("**/*.{ts,js,mjs,html,css,json}", { cwd: toolkit }).map((file) =>
  file.split(sep).join("/"),
);

/** `RecordingsBucket`, `recordingsBucket` and `recordings-bucket` are one name. */
const spelled = (text: string): string => text.toLowerCase().replaceAll(/(?<=\w)[-_](?=\w)/g, "");

const namesIn = (text: string): string[] => names.filter((name) => spelled(text).includes(spelled(name)));

const namedIn = (file: string): string[] => namesIn(readFileSync(join(toolkit, file), "utf8"));

describe("the toolkit knows nothing of this service", () => {
  it("by the names of its functions, its resources, its paths: they are read at all", () => {
    expect(names).toEqual(expect.arrayContaining(["voice-notes", "receiveAudio", "RecordingsBucket"]));
    expect(files.length).toBeGreaterThan(300);
  });

  it("however they are spelled", () => {
    expect(namesIn("recordingsBucket")).toContain("RecordingsBucket");
    expect(namesIn("RECORDINGS_BUCKET")).toContain("RecordingsBucket");
    expect(namesIn("voiceNotes")).toContain("voice-notes");
    expect(namesIn("a bucket")).toEqual([]);
  });

  it("in what it ships: its code, its page, its words", () => {
    const found = files
      .filter((file) => !isOfTests.test(file))
      .flatMap((file) => namedIn(file).map((name) => `${file}: ${name}`));

    expect(found).toEqual([]);
  });

  it("in its tests, but for those that still run on this service: each that is converted leaves the list", () => {
    const found = files.filter((file) => isOfTests.test(file) && namedIn(file).length > 0);

    expect(found.sort()).toEqual([...runOnThisService].sort());
  });
});
