import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readableLogLine, readableReport } from "./function-log.ts";

const everyLine = {
  timestamp: "2026-11-24T12:00:00.000Z",
  service: "photo-album-local",
  cold_start: true,
  function_name: "photo-album-local-sendMail",
  function_request_id: "1",
  sampling_rate: 0,
  xray_trace_id: "1-2-3",
};

describe("a function's log line", () => {
  it("of Powertools' logger is its level, message and what it tells besides", () => {
    const line = JSON.stringify({
      level: "INFO",
      message: "transcription started",
      ...everyLine,
      recordingId: "1",
    });

    expect(readableLogLine(line)).toBe("INFO transcription started recordingId=1");
  });

  it("names an error, without its stack trace", () => {
    const error = { name: "AccessDenied", message: "User: … is not authorized", stack: "at a\nat b" };
    const line = JSON.stringify({ level: "ERROR", message: "request failed", ...everyLine, error });

    expect(readableLogLine(line)).toBe("ERROR request failed error=AccessDenied: User: … is not authorized");
  });

  it("of a metric is its name and value", () => {
    const _aws = {
      CloudWatchMetrics: [{ Namespace: "n", Dimensions: [["service"]], Metrics: [{ Name: "Failed" }] }],
    };

    expect(readableLogLine(JSON.stringify({ _aws, service: "s", Failed: 1 }))).toBe("METRIC Failed=1");
  });

  it("of console is its level and message, without the time and request id, further lines indented", () => {
    const prefix = "2026-11-24T12:00:00.000Z\t0f8b5c1e-9d0c-4f0e-8a52-6b1f2f3c4d5e\t";

    expect(readableLogLine(`${prefix}WARN\tone\ntwo\n    at three`)).toBe("WARN one\n  two\n    at three");
    expect(readableLogLine("2026-11-24T12:00:00.000Z\t-\tINFO\tloading")).toBe("INFO loading");
  });

  it("of an error that a handler threw names it, with the frames of its stack that are the function's", () => {
    const thrown = {
      errorType: "TypeError",
      errorMessage: "no table",
      trace: ["TypeError: no table", "    at handler (index.js:1:2)", "    at run (node:internal/x:1:1)"],
    };
    const line = `2026-11-24T12:00:00.000Z\t1\tERROR\tInvoke Error \t${JSON.stringify(thrown)}`;

    expect(readableLogLine(line)).toBe(
      "ERROR Invoke Error TypeError: no table\n    at handler (index.js:1:2)",
    );
  });

  it.each([
    [
      "RequestId: 0f8b Error: Runtime exited with error: signal: killed\nRuntime.OutOfMemory",
      "ERROR Runtime.OutOfMemory: Runtime exited with error: signal: killed",
    ],
    [
      "2026-11-24T12:00:00.000Z 0f8b Task timed out after 3.00 seconds",
      "ERROR Task timed out after 3.00 seconds",
    ],
    [
      "INIT_REPORT Init Duration: 150.79 ms\tPhase: init\tStatus: error\tError Type: TypeError",
      "INIT failed after 151 ms (TypeError), and runs once more within the invocation",
    ],
    [
      "INIT_REPORT Init Duration: 3000.10 ms\tPhase: invoke\tStatus: timeout",
      "INIT failed after 3001 ms (timeout) within the invocation",
    ],
  ])("of Lambda's own is short: %s", (line, readable) => {
    expect(readableLogLine(line)).toBe(readable);
  });

  it.each(["plain text", "{ broken", '{"no":"level"}', "[1]", "null", ""])(
    "is left as it is otherwise: %s",
    (line) => {
      expect(readableLogLine(line)).toBe(line);
    },
  );

  it("never fails, whatever a function writes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => typeof readableLogLine(line) === "string"),
    );
  });
});

describe("a report", () => {
  const report = { functionKey: "echo", requestId: "1", durationMs: 11.2, memoryMb: 256, maxMemoryMb: 68 };

  it("tells what an invocation took, and of a cold start what its initialisation took", () => {
    expect(readableReport({ ...report, outcome: "success" })).toBe("REPORT     12 ms,   68 of 256 MB");
    expect(readableReport({ ...report, initMs: 142.1, outcome: "success" })).toBe(
      "REPORT     12 ms,   68 of 256 MB, cold start 143 ms",
    );
  });

  it("tells how an invocation failed", () => {
    const { maxMemoryMb: _, ...rest } = report;
    expect(readableReport({ ...rest, durationMs: 3000, outcome: "timeout" })).toBe(
      "REPORT   3000 ms,    ? of 256 MB, timeout",
    );
  });
});
