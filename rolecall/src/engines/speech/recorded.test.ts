import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { detectFormat, readWavHeader } from "./media.ts";
import { CannotHear } from "./recogniser.ts";
import { recordedTranscripts } from "./recorded.ts";
import { recording, wav } from "./testing/wav.ts";

const samples = resolve(import.meta.dirname, "../../../../samples");
const photos = (await readdir(samples)).filter((file) => file.endsWith(".wav"));
const { signal } = new AbortController();
const englishWav = { format: "wav", language: "en-US", signal } as const;

describe.each(photos)("the sample %s", async (name) => {
  const audio = await readFile(join(samples, name));
  const transcript = JSON.parse(await readFile(join(samples, name.replace(".wav", ".json")), "utf8"));

  it("is heard, and labelled as recorded", async () => {
    const heard = await recordedTranscripts(samples).recognise(recording(audio), englishWav);
    expect(heard.source).toBe("recorded");
    expect(heard.language).toBe("en-US");
    expect(
      heard.segments.map((words) =>
        words.map(({ content, punctuation = "" }) => content + punctuation).join(" "),
      ),
    ).toEqual(transcript.sentences.map(({ text }: { text: string }) => text));
  });

  it("has its words one after another, within its length", async () => {
    const { segments } = await recordedTranscripts(samples).recognise(recording(audio), englishWav);
    const times = segments.flat().flatMap(({ start, end }) => [start, end]);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(readWavHeader(audio)?.duration ?? 0);
  });

  it("is short, small, and what a speech engine wants", () => {
    expect(detectFormat(audio)).toBe("wav");
    const header = readWavHeader(audio);
    expect(header).toMatchObject({ channels: 1, sampleRate: 16_000 });
    expect(header?.duration).toBeLessThan(12);
    expect(audio.length).toBeLessThan(350_000);
  });

  it("is quoted in samples/README.md", async () => {
    const readme = await readFile(join(samples, "README.md"), "utf8");
    const text = transcript.sentences.map((sentence: { text: string }) => sentence.text).join(" ");
    expect(readme).toContain(`\`${name}\``);
    expect(readme).toContain(text);
  });
});

describe("recorded transcripts", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "samples-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("never make words up: other audio fails with what can be heard and how to have an engine", async () => {
    const hearing = recordedTranscripts(samples).recognise(recording(wav({ seconds: 1 })), englishWav);
    await expect(hearing).rejects.toThrow(CannotHear);
    await expect(hearing).rejects.toThrow(/deny-always-wins\.wav.*pocketsphinx.*LOCAL_SPEECH/);
  });

  it("speak for the very bytes alone: one changed sample is other audio", async () => {
    const audio = await readFile(join(samples, "deny-always-wins.wav"));
    audio.writeInt16LE(audio.readInt16LE(1000) ^ 1, 1000);
    await expect(recordedTranscripts(samples).recognise(recording(audio), englishWav)).rejects.toThrow(
      CannotHear,
    );
  });

  it("do not answer in another language than the one spoken", async () => {
    const audio = await readFile(join(samples, "deny-always-wins.wav"));
    await expect(
      recordedTranscripts(samples).recognise(recording(audio), { ...englishWav, language: "de-DE" }),
    ).rejects.toThrow(/en-US.*de-DE/);
  });

  it("know the language of a sample when it is to be identified", async () => {
    const audio = await readFile(join(samples, "deny-always-wins.wav"));
    const heard = await recordedTranscripts(samples).recognise(recording(audio), {
      ...englishWav,
      language: undefined,
    });
    expect(heard).toMatchObject({ language: "en-US", languageScore: 1 });
  });

  it("hear nothing where there are no samples", async () => {
    for (const empty of [folder, join(folder, "gone")]) {
      await expect(
        recordedTranscripts(empty).recognise(recording(wav({ seconds: 1 })), englishWav),
      ).rejects.toThrow(/hears nothing/);
    }
  });

  it("are refused when they are not of the shape, with the file's name", async () => {
    await writeFile(join(folder, "odd.json"), JSON.stringify({ sha256: "0", language: "en-US" }));
    expect(() => recordedTranscripts(folder)).toThrow(/odd\.json is not a recorded transcript/);
  });
});
