import { context, emittedMetrics, jobStateChange, logged } from "@voice-notes/core/testing";
import { describe, expect, it, vi } from "vitest";
import { handler } from "./report-outcome.ts";

const id = "0199a3c2-5f6e-7c3a-9d2b-3f1e5a7c9b1d.en-US.wav";
const job = { TranscriptionJobName: `voice-notes_test_${id}` };

const report = (detail: unknown) => handler(jobStateChange(detail), context);
const counted = (name: string) => ({
  namespace: "voice-notes",
  dimensions: [{ service: "voice-notes-test" }],
  name,
  unit: "Count",
  value: 1,
});

describe("reportOutcome", () => {
  it("logs and counts a transcription that is completed", async () => {
    await report({ ...job, TranscriptionJobStatus: "COMPLETED" });

    expect(logged("info")).toMatchObject([
      { message: "transcription completed", recordingId: id, jobName: `voice-notes_test_${id}` },
    ]);
    expect(logged("error")).toEqual([]);
    expect(emittedMetrics()).toEqual([counted("TranscriptionCompleted")]);
  });

  it("logs a failed transcription as an error, with Transcribe's reason, and counts it", async () => {
    await report({ ...job, TranscriptionJobStatus: "FAILED", FailureReason: "The audio is empty." });

    expect(logged("error")).toMatchObject([
      {
        message: "transcription failed",
        recordingId: id,
        jobName: `voice-notes_test_${id}`,
        reason: "The audio is empty.",
      },
    ]);
    expect(logged("info")).toEqual([]);
    expect(emittedMetrics()).toEqual([counted("TranscriptionFailed")]);
  });

  it("counts a failure without a reason", async () => {
    await report({ ...job, TranscriptionJobStatus: "FAILED" });

    expect(emittedMetrics()).toEqual([counted("TranscriptionFailed")]);
  });

  it("reports a job of this stage that is no recording's by its name alone", async () => {
    await report({ TranscriptionJobName: "voice-notes_test_by-hand", TranscriptionJobStatus: "COMPLETED" });

    const [line] = logged("info");
    expect(line).toMatchObject({ jobName: "voice-notes_test_by-hand" });
    expect(line).not.toHaveProperty("recordingId");
  });

  it.each([
    ["without detail", undefined],
    ["without a job name", { TranscriptionJobStatus: "COMPLETED" }],
    ["of a status that is no outcome", { ...job, TranscriptionJobStatus: "IN_PROGRESS" }],
  ])(
    "throws for an event %s, so that Lambda counts an error, and counts nothing itself",
    async (_, detail) => {
      await expect(report(detail)).rejects.toThrow();

      expect(emittedMetrics()).toEqual([]);
    },
  );

  it("does not load without JOB_NAME_PREFIX", async () => {
    vi.resetModules();
    vi.stubEnv("JOB_NAME_PREFIX", undefined);

    await expect(import("./report-outcome.ts")).rejects.toThrow("JOB_NAME_PREFIX");
  });
});
