import { describe, expect, it } from "vitest";
import { parseTranscript } from "./transcript.ts";

describe("parseTranscript", () => {
  it("joins the transcripts of a document that has several", () => {
    const document = { results: { transcripts: [{ transcript: "Buy milk." }, { transcript: "Call Ada." }] } };

    expect(parseTranscript(JSON.stringify(document))).toEqual({ text: "Buy milk. Call Ada.", segments: [] });
  });

  it.each([
    "",
    "not JSON",
    "null",
    "{}",
    '{"results":{}}',
    '{"results":{"transcripts":[{"transcript":1}]}}',
    '{"results":{"transcripts":[],"audio_segments":[{"transcript":"times are missing"}]}}',
  ])("throws for a document that is not Transcribe's: %j", (document) => {
    expect(() => parseTranscript(document)).toThrow();
  });
});
