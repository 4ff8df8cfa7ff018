import { describe, expect, it } from "vitest";
import { lookForLeftovers } from "../stage/leftovers.ts";
import { type Bucket, bareAccount, deployedAccount } from "../testing/fake-account.ts";
import { useOpenFakeAccount } from "../testing/use-fake-account.ts";
import { emptyStage, isNothing, takeInventory } from "./empty.ts";
import { inventoryLines } from "./text.ts";

const there = useOpenFakeAccount(deployedAccount);
const waiting = { interval: 5, patience: 2_000 };

function recordings(): Bucket {
  const bucket = there.state.buckets.get(there.plan.recordingsBucket);
  if (!bucket) throw new Error("There is no bucket.");
  return bucket;
}

function fill(): void {
  const bucket = recordings();
  bucket.versions = ["audio/1", "audio/2", "audio/3", "transcripts/1", "z.txt"].map((key) => [key, "null"]);
  bucket.deleteMarkers = [["audio/0", "v9"]];
  bucket.uploads = [["audio/4", "upload-1"]];
  for (let index = 0; index < 5; index += 1)
    there.state.jobs.set(`${there.plan.jobNamePrefix}${index}`, "COMPLETED");
  // Another stage's, which holds the name of this one's.
  there.state.jobs.set(`other_${there.plan.jobNamePrefix}1`, "COMPLETED");
}

describe("what a stage holds", () => {
  it("is counted page after page: versions by folder, delete markers, uploads, jobs of this stage alone", async () => {
    fill();

    const inventory = await takeInventory(there.account, there.plan);

    expect(inventoryLines(inventory)).toEqual([
      `bucket ${there.plan.recordingsBucket}: 0.0 MB`,
      "  audio/: 3 objects",
      "  transcripts/: 1 objects",
      "  outside any folder: 1 objects",
      "  1 delete markers",
      "  1 unfinished uploads",
      "transcription jobs: 5",
    ]);
  });

  it("is nothing where there is no bucket and no job", async () => {
    there.state.buckets.clear();

    const inventory = await takeInventory(there.account, there.plan);

    expect(isNothing(inventory)).toBe(true);
    expect(inventoryLines(inventory)[0]).toContain("there is no bucket");
  });
});

describe("emptying a stage", () => {
  it("leaves nothing but what is another stage's", async () => {
    fill();

    const { failures, remaining } = await emptyStage(there.account, there.plan, { waiting });

    expect(failures).toEqual([]);
    expect(isNothing(remaining)).toBe(true);
    expect(recordings()).toMatchObject({ versions: [], deleteMarkers: [], uploads: [] });
    expect([...there.state.jobs.keys()]).toEqual([`other_${there.plan.jobNamePrefix}1`]);
  });

  it("waits for a job that still runs, and deletes it before the objects", async () => {
    fill();
    const running = `${there.plan.jobNamePrefix}running`;
    there.state.jobs.set(running, "IN_PROGRESS");
    const said: string[] = [];

    const { remaining } = await emptyStage(there.account, there.plan, {
      waiting,
      onProgress(what) {
        said.push(what);
        if (said.length === 3) there.state.jobs.set(running, "COMPLETED");
      },
    });

    expect(said[0]).toBe("waiting for 1 transcription jobs to end");
    expect(isNothing(remaining)).toBe(true);
    expect(there.fake.calls.lastIndexOf("transcribe:DeleteTranscriptionJob")).toBeLessThan(
      there.fake.calls.indexOf("s3:DeleteObjects"),
    );
  });

  it("tells of a job that never ends, and says that something remains", async () => {
    there.state.jobs.set(`${there.plan.jobNamePrefix}running`, "IN_PROGRESS");

    const { failures, remaining } = await emptyStage(there.account, there.plan, {
      waiting: { interval: 5, patience: 20 },
    });

    expect(failures).toEqual([
      { what: `the job ${there.plan.jobNamePrefix}running`, why: expect.stringContaining("in progress") },
    ]);
    expect(isNothing(remaining)).toBe(false);
  });

  it("names each key that S3 does not delete, and why, and what remains", async () => {
    fill();
    recordings().locked = new Set(["audio/2", "z.txt"]);

    const { failures, remaining } = await emptyStage(there.account, there.plan, { waiting });

    expect(failures).toEqual([
      { what: "audio/2", why: "AccessDenied: Access Denied" },
      { what: "z.txt", why: "AccessDenied: Access Denied" },
    ]);
    expect(remaining.content?.versions).toEqual(
      new Map([
        ["audio/", 1],
        ["", 1],
      ]),
    );
  });

  it("goes on when it is throttled", async () => {
    fill();
    there.state.throttled.set("transcribe:DeleteTranscriptionJob", 2).set("s3:DeleteObjects", 1);

    const { failures, remaining } = await emptyStage(there.account, there.plan, { waiting });

    expect(failures).toEqual([]);
    expect(isNothing(remaining)).toBe(true);
  }, 30_000);

  it("stops where it may not look, in AWS's words", async () => {
    there.state.denied.add("s3:ListObjectVersions");

    await expect(emptyStage(there.account, there.plan, { waiting })).rejects.toThrow(
      "not authorized to perform",
    );
  });
});

describe("what is left in an account", () => {
  it("is nothing after the stack and all of its own are gone", async () => {
    Object.assign(there.state, bareAccount(there.plan), { deletedStackKept: [] });

    const looks = await lookForLeftovers(there.account, there.plan);

    expect(looks.flatMap(({ found, notChecked }) => [...found, notChecked ?? []].flat())).toEqual([]);
    expect(looks.map(({ what }) => what)).toEqual([
      "stack",
      "resources that the deleted stack kept",
      "buckets",
      "log groups",
      "functions",
      "queues",
      "roles",
      "transcription jobs",
    ]);
  });

  it("is everything while the stack stands", async () => {
    there.state.jobs.set(`${there.plan.jobNamePrefix}1`, "COMPLETED");

    const looks = await lookForLeftovers(there.account, there.plan);

    const found = Object.fromEntries(looks.map(({ what, found }) => [what, found.length]));
    expect(found).toEqual({
      stack: 1,
      "resources that the deleted stack kept": 0,
      buckets: 2,
      "log groups": 7,
      functions: 7,
      queues: 2,
      roles: 7,
      "transcription jobs": 1,
    });
  });

  it("is also what CloudFormation's record says that the deleted stack kept", async () => {
    Object.assign(there.state, bareAccount(there.plan), {
      deletedStackKept: [["AWS::CloudWatch::Alarm", `${there.plan.stackName}-dead-letters`]],
    });

    const looks = await lookForLeftovers(there.account, there.plan);

    expect(looks.find(({ what }) => what.includes("kept"))?.found).toEqual([
      `AWS::CloudWatch::Alarm ${there.plan.stackName}-dead-letters`,
    ]);
  });

  it("takes no other stage's things for this one's", async () => {
    Object.assign(there.state, bareAccount(there.plan));
    there.state.buckets = new Map([
      [
        `${there.plan.recordingsBucket.replace(there.plan.stackName, `${there.plan.stackName}-anna`)}`,
        recordingsOf(),
      ],
      [`${there.plan.stackName}-anna-serverlessdeploymentbucket-x`, recordingsOf()],
    ]);
    there.state.logGroups = new Set([`/aws/lambda/${there.plan.stackName}-anna-receiveAudio`]);

    const looks = await lookForLeftovers(there.account, there.plan);

    expect(looks.flatMap(({ found }) => found)).toEqual([]);
  });

  it("is not known where the caller may not look: said, never taken for nothing", async () => {
    Object.assign(there.state, bareAccount(there.plan));
    there.state.denied = new Set(["iam:GetRole"]);

    const looks = await lookForLeftovers(there.account, there.plan);

    expect(looks.find(({ what }) => what === "roles")?.notChecked).toContain("iam:GetRole");
  });
});

const recordingsOf = (): Bucket => ({ versions: [], deleteMarkers: [], uploads: [], locked: new Set() });
