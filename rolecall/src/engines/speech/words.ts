import type { Word } from "./recogniser.ts";

/** Seconds of silence between two words that end a segment; a speaker who goes on leaves less. */
const pause = 0.25;

/** Splits words where the speaker paused, and after the end of a sentence where the engine hears punctuation. */
export function segmentsOf(words: readonly Word[]): Word[][] {
  const segments: Word[][] = [];
  let last: Word | undefined;
  for (const word of words) {
    const goesOn = last && word.start - last.end < pause && !/[.?!]/.test(last.punctuation ?? "");
    if (goesOn) segments.at(-1)?.push(word);
    else segments.push([word]);
    last = word;
  }
  return segments;
}

/** Whether an engine wrote it for what is no word: `<sil>`, `</s>`, `[NOISE]`, `++BREATH++`. */
export function isMarker(content: string): boolean {
  return /^(?:<.*>|\[.*\]|\+\+.*\+\+)$/.test(content);
}

/** Engines round: 1.0001 is 1, and what is no number is not known. */
export function toConfidence(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(0, Math.min(1, value));
}

/**
 * The words of a text of which only start and end are known, in seconds. Their times divide that span by their
 * letters; confidence is 0, for nobody said any.
 */
export function wordsOfText(text: string, start: number, end: number): Word[] {
  const tokens = text
    .replaceAll(/\[[^\]]*\]|<[^>]*>/g, " ")
    .split(/\s+/)
    .filter((token) => /[\p{L}\p{N}]/u.test(token));
  const total = tokens.join("").length;
  let letters = 0;
  const time = () => start + (end - start) * (letters / total);
  return tokens.map((token) => {
    const [, content = token, punctuation] = /^(.+?)([.,?!;:]+)?$/u.exec(token) ?? [];
    const from = time();
    letters += token.length;
    return { content, start: from, end: time(), confidence: 0, ...(punctuation && { punctuation }) };
  });
}
