import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CannotHear } from "./recogniser.ts";
import { recordedTranscripts } from "./recorded.ts";
import { type RecordedFolder, recordedFolder } from "./testing/recorded.ts";
import { recording, wav } from "./testing/wav.ts";

const { signal } = new AbortController();
const englishWav = { format: "wav", language: "en-US", signal } as const;

describe("recorded transcripts", () => {
  let folder: RecordedFolder;
  beforeEach(async () => {
    folder = await recordedFolder();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  it("are heard sentence by sentence, and labelled as recorded", async () => {
    const { path, audio, sentences } = folder;
    const heard = await recordedTranscripts(path).recognise(recording(audio), englishWav);

    expect(heard).toMatchObject({ source: "recorded", language: "en-US" });
    expect(
      heard.segments.map((words) =>
        words.map(({ content, punctuation = "" }) => content + punctuation).join(" "),
      ),
    ).toEqual(sentences);
  });

  it("never make words up: other audio fails with what can be heard and how to have an engine", async () => {
    const hearing = recordedTranscripts(folder.path).recognise(recording(wav({ seconds: 1 })), englishWav);
    await expect(hearing).rejects.toThrow(CannotHear);
    await expect(hearing).rejects.toThrow(/tone\.wav.*pocketsphinx.*LOCAL_SPEECH/);
  });

  it("speak for the very bytes alone: one changed sample is other audio", async () => {
    const { audio } = folder;
    audio.writeInt16LE(audio.readInt16LE(1000) ^ 1, 1000);
    await expect(recordedTranscripts(folder.path).recognise(recording(audio), englishWav)).rejects.toThrow(
      CannotHear,
    );
  });

  it("do not answer in another language than the one spoken", async () => {
    const { audio } = folder;
    await expect(
      recordedTranscripts(folder.path).recognise(recording(audio), { ...englishWav, language: "de-DE" }),
    ).rejects.toThrow(/en-US.*de-DE/);
  });

  it("know the language of a sample when it is to be identified", async () => {
    const { audio } = folder;
    const heard = await recordedTranscripts(folder.path).recognise(recording(audio), {
      ...englishWav,
      language: undefined,
    });
    expect(heard).toMatchObject({ language: "en-US", languageScore: 1 });
  });

  it("hear nothing where there are no samples", async () => {
    await rm(join(folder.path, "tone.json"));
    for (const empty of [folder.path, join(folder.path, "gone")]) {
      await expect(
        recordedTranscripts(empty).recognise(recording(wav({ seconds: 1 })), englishWav),
      ).rejects.toThrow(/hears nothing/);
    }
  });

  it("are refused when they are not of the shape, with the file's name", async () => {
    await writeFile(join(folder.path, "odd.json"), JSON.stringify({ sha256: "0", language: "en-US" }));
    expect(() => recordedTranscripts(folder.path)).toThrow(/odd\.json is not a recorded transcript/);
  });
});
