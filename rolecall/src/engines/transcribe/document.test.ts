import { describe, expect, it } from "vitest";
import type { Heard } from "../speech/recogniser.ts";
import { transcriptDocument } from "./document.ts";

const heard: Heard = {
  source: "engine",
  language: "en-US",
  languageScore: 0.8299,
  segments: [
    [
      { content: "No", start: 0, end: 0.25, confidence: 0.99849, punctuation: "," },
      { content: "keys", start: 0.26, end: 1, confidence: 1, punctuation: "." },
    ],
    [{ content: "Roles", start: 1.5, end: 2.1, confidence: 0.5 }],
  ],
};
const job = { name: "job", accountId: "123456789012", identifyLanguage: false };

describe("the transcript document", () => {
  it("has the shape of Amazon Transcribe's: times and confidences are strings, punctuation has neither", () => {
    expect(transcriptDocument(job, heard)).toEqual({
      jobName: "job",
      accountId: "123456789012",
      status: "COMPLETED",
      results: {
        transcripts: [{ transcript: "No, keys. Roles" }],
        items: [
          {
            id: 0,
            type: "pronunciation",
            alternatives: [{ confidence: "0.998", content: "No" }],
            start_time: "0.0",
            end_time: "0.25",
          },
          { id: 1, type: "punctuation", alternatives: [{ confidence: "0.0", content: "," }] },
          {
            id: 2,
            type: "pronunciation",
            alternatives: [{ confidence: "1.0", content: "keys" }],
            start_time: "0.26",
            end_time: "1.0",
          },
          { id: 3, type: "punctuation", alternatives: [{ confidence: "0.0", content: "." }] },
          {
            id: 4,
            type: "pronunciation",
            alternatives: [{ confidence: "0.5", content: "Roles" }],
            start_time: "1.5",
            end_time: "2.1",
          },
        ],
        audio_segments: [
          { id: 0, transcript: "No, keys.", start_time: "0.0", end_time: "1.0", items: [0, 1, 2, 3] },
          { id: 1, transcript: "Roles", start_time: "1.5", end_time: "2.1", items: [4] },
        ],
      },
    });
  });

  it("names the language and its score when the job had it identified", () => {
    expect(transcriptDocument({ ...job, identifyLanguage: true }, heard).results).toMatchObject({
      language_code: "en-US",
      language_identification: [{ score: "0.83", code: "en-US" }],
    });
  });

  it("of silence is empty", () => {
    expect(transcriptDocument(job, { ...heard, segments: [] }).results).toEqual({
      transcripts: [{ transcript: "" }],
      items: [],
      audio_segments: [],
    });
  });
});
