import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { CannotHear, type Heard, type Recogniser } from "./recogniser.ts";

const RecordedTranscript = v.strictObject({
  /** Of the file's bytes: the transcript speaks for these and for no others. */
  sha256: v.pipe(v.string(), v.hash(["sha256"])),
  language: v.string(),
  sentences: v.array(
    v.strictObject({
      text: v.string(),
      words: v.pipe(
        v.array(
          v.strictObject({
            content: v.string(),
            start: v.pipe(v.number(), v.minValue(0)),
            end: v.number(),
            confidence: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
            punctuation: v.exactOptional(v.string()),
          }),
        ),
        v.minLength(1),
      ),
    }),
  ),
});

type RecordedTranscript = v.InferOutput<typeof RecordedTranscript>;

type NamedTranscript = RecordedTranscript & { readonly name: string };

/**
 * Answers for audio files whose transcripts were recorded beside them. For any other audio it says what it can hear.
 *
 * @param folder holds `NAME.json` beside each `NAME.wav`; without one it hears nothing
 * @throws {Error} when a transcript in the folder is not of the expected shape
 */
export function recordedTranscripts(folder?: string): Recogniser {
  const transcripts = folder === undefined ? new Map<string, NamedTranscript>() : readTranscripts(folder);
  return {
    name: "recorded transcripts, no engine",
    async recognise(recording, { language }): Promise<Heard> {
      const sha256 = createHash("sha256");
      for await (const chunk of recording.stream()) sha256.update(chunk);
      const transcript = transcripts.get(sha256.digest("hex"));
      if (!transcript) throw new CannotHear(cannotHear([...transcripts.values()].map(({ name }) => name)));
      if (language !== undefined && language !== transcript.language) {
        throw new CannotHear(
          `The sample ${transcript.name} is spoken in ${transcript.language}, and the job asks for ${language}. ` +
            `Its recorded transcript has no other words: ask for ${transcript.language}, or have the language identified.`,
        );
      }
      return {
        source: "recorded",
        language: transcript.language,
        ...(language === undefined && { languageScore: 1 }),
        segments: transcript.sentences.map(({ words }) => words),
      };
    },
  };
}

function readTranscripts(folder: string): Map<string, NamedTranscript> {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
  return new Map(
    files.sort().map((file) => {
      const parsed = v.safeParse(RecordedTranscript, JSON.parse(readFileSync(join(folder, file), "utf8")));
      if (!parsed.success) {
        throw new Error(`${join(folder, file)} is not a recorded transcript: ${v.summarize(parsed.issues)}`);
      }
      return [parsed.output.sha256, { ...parsed.output, name: file.replace(/\.json$/, ".wav") }];
    }),
  );
}

function cannotHear(samples: readonly string[]): string {
  const heard = samples.length > 0 ? `only ${samples.join(", ")}` : "nothing";
  return (
    "No speech engine is in use, and the local run makes no words up. " +
    `It hears ${heard}, from transcripts recorded beforehand. ` +
    "With pocketsphinx installed, or a command named in LOCAL_SPEECH, it hears the rest: docs/local-run.md, Speech."
  );
}
