import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tone } from "./wav.ts";

export interface RecordedFolder extends AsyncDisposable {
  /** Holds `tone.wav` and what is said in it. */
  readonly path: string;
  readonly audio: Buffer;
  readonly sentences: readonly string[];
}

const sentences = ["Hello, you.", "Good night."];

/** A folder with one recording and its recorded transcript, removed with `await using`. */
export async function recordedFolder(): Promise<RecordedFolder> {
  const path = await mkdtemp(join(tmpdir(), "recorded-"));
  const audio = tone({ frequency: 440, seconds: 2, sampleRate: 16_000 });
  const words = (start: number, ...all: (readonly [content: string, punctuation?: string])[]) =>
    all.map(([content, punctuation], index) => ({
      content,
      start: start + index * 0.4,
      end: start + index * 0.4 + 0.3,
      confidence: 1,
      ...(punctuation !== undefined && { punctuation }),
    }));
  await writeFile(join(path, "tone.wav"), audio);
  await writeFile(
    join(path, "tone.json"),
    JSON.stringify({
      sha256: createHash("sha256").update(audio).digest("hex"),
      language: "en-US",
      sentences: [
        { text: sentences[0], words: words(0.1, ["Hello", ","], ["you", "."]) },
        { text: sentences[1], words: words(1, ["Good"], ["night", "."]) },
      ],
    }),
  );
  return { path, audio, sentences, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
