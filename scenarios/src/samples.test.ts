import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { detectFormat, readWavHeader } from "../../rolecall/src/engines/speech/media.ts";
import { recordedTranscripts } from "../../rolecall/src/engines/speech/recorded.ts";
import { recording } from "../../rolecall/src/engines/speech/testing/wav.ts";
import { samples } from "./scenarios/samples.ts";

const recordings = (await readdir(samples)).filter((file) => file.endsWith(".wav"));
const { signal } = new AbortController();
const englishWav = { format: "wav", language: "en-US", signal } as const;

describe.each(recordings)("the sample %s", async (name) => {
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
