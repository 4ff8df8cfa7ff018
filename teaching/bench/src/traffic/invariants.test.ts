import { describe, expect, it } from "vitest";
import { checkInvariants, invariants, type RunResult, recordingsIn, requireAll } from "./invariants.ts";

const good: RunResult = {
  acknowledged: ["completed", "failed", "dead"],
  stored: ["completed", "failed", "dead"],
  jobs: [
    { id: "completed", status: "COMPLETED" },
    { id: "failed", status: "FAILED" },
  ],
  transcripts: new Set(["completed"]),
  states: new Map([
    ["completed", { status: "completed", transcript: { text: "", segments: [] } }],
    ["failed", { status: "failed", failureReason: "No sound." }],
    ["dead", { status: "uploaded" }],
  ]),
  waiting: 0,
  deadLetters: [{ recordings: ["dead"], cause: "may not be read" }],
};

const broken = (change: Partial<RunResult>) =>
  checkInvariants({ ...good, ...change })
    .filter((invariant) => invariant.broken.length > 0)
    .map(({ name }) => name);

describe("the invariants", () => {
  it("hold for a run in which everything ended", () => {
    expect(broken({})).toEqual([]);
    expect(() => requireAll(checkInvariants(good))).not.toThrow();
  });

  it.each<[string, Partial<RunResult>, string]>([
    [
      "an upload that is lost",
      { acknowledged: [...good.acknowledged, "lost"] },
      "what was acknowledged is stored",
    ],
    ["a recording that never ends", { stored: [...good.stored, "stuck"] }, "every recording ends"],
    [
      "a dead letter whose job ended",
      { jobs: [...good.jobs, { id: "dead", status: "FAILED" }] },
      "and not both",
    ],
    ["two jobs", { jobs: [...good.jobs, { id: "failed", status: "FAILED" }] }, "no recording has two jobs"],
    [
      "somebody else's job",
      { jobs: [...good.jobs, { id: "other", status: "FAILED" }] },
      "no job is without a recording",
    ],
    ["a transcript that is missing", { transcripts: new Set() }, "a completed job left its transcript"],
    [
      "a failure without a reason",
      { states: new Map([["failed", { status: "failed" }]]) },
      "of a failed one why",
    ],
    ["a message that is left", { waiting: 1 }, "no message is left"],
    [
      "a dead letter without a cause",
      { deadLetters: [{ recordings: ["dead"], cause: undefined }] },
      "why it is one",
    ],
  ])("tell of %s", (_, change, name) => {
    expect(broken(change)).toContainEqual(expect.stringContaining(name));
    expect(() => requireAll(checkInvariants({ ...good, ...change }))).toThrow(name);
  });

  it("each have a case that breaks them", () => {
    expect(invariants).toHaveLength(8);
  });
});

it("a notification tells its recordings, and S3's test message none", () => {
  const body = JSON.stringify({ Records: [{ s3: { object: { key: "audio/a+b%2B.wav" } } }] });

  expect(recordingsIn(body)).toEqual(["a b+.wav"]);
  expect(recordingsIn('{"Event":"s3:TestEvent"}')).toEqual([]);
});
