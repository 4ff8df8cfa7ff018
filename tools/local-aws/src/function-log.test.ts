import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readableLogLine } from "./function-log.ts";

const everyLine = {
  timestamp: "2026-11-24T12:00:00.000Z",
  service: "voice-notes-local",
  cold_start: true,
  function_name: "voice-notes-local-reportOutcome",
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
