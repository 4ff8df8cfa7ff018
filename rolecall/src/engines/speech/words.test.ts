import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMarker, segmentsOf, toConfidence, wordsOfText } from "./words.ts";

describe("words", () => {
  it("are split into segments where the speaker paused or a sentence ended", () => {
    const word = (content: string, start: number, end: number, punctuation?: string) => ({
      content,
      start,
      end,
      confidence: 1,
      ...(punctuation && { punctuation }),
    });
    const words = [
      word("no", 0, 0.4),
      word("keys", 0.5, 1, "."),
      word("a", 1.01, 1.1, ","),
      word("role", 1.2, 1.5),
      word("alone", 1.8, 2),
    ];

    expect(segmentsOf(words).map((segment) => segment.map(({ content }) => content))).toEqual([
      ["no", "keys"],
      ["a", "role"],
      ["alone"],
    ]);
    expect(segmentsOf([])).toEqual([]);
  });

  it.each(["<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]", "++BREATH++"])("do not include %s", (marker) => {
    expect(isMarker(marker)).toBe(true);
  });

  it("have a confidence between 0 and 1, whatever the engine computes", () => {
    expect(toConfidence(1.0001)).toBe(1);
    expect(toConfidence(-0.1)).toBe(0);
    expect(toConfidence(Number.NaN)).toBe(0);
    expect(toConfidence(0.5)).toBe(0.5);
  });

  it("of a plain text divide its span, and claim no confidence", () => {
    expect(wordsOfText("Say no. [BLANK_AUDIO]", 2, 4)).toEqual([
      { content: "Say", start: 2, end: 3, confidence: 0 },
      { content: "no", start: 3, end: 4, confidence: 0, punctuation: "." },
    ]);
  });

  it("of any text follow one another within its span", () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ min: 0, max: 1e4, noNaN: true }), (text, end) => {
        const words = wordsOfText(text, 0, end);
        const times = words.flatMap((word) => [word.start, word.end]);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times.at(-1) ?? 0).toBeLessThanOrEqual(end);
        for (const { content } of words) expect(content).toMatch(/^\S+$/);
      }),
    );
  });
});
