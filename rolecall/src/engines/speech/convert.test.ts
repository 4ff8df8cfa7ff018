import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Conversion, findConverter, writeSpeechWav } from "./convert.ts";
import { readWav } from "./media.ts";
import { isSpeechWav } from "./pcm.ts";
import { runProgram } from "./program.ts";
import { fakeProgram, scriptsRun, temporaryFolder } from "./testing/programs.ts";
import { recording, tone } from "./testing/wav.ts";

const environment = process.env;
const { signal } = new AbortController();
const found = await findConverter(environment);
const nothing = { converter: undefined, environment, signal };

/** Converts, and reads the outcome. */
async function converted({ audio, ...rest }: Omit<Conversion, "recording"> & { readonly audio: Buffer }) {
  const to = join(rest.folder, "speech.wav");
  const seconds = await writeSpeechWav({ recording: recording(audio), ...rest }, to);
  return { seconds, wav: readWav(await readFile(to)) };
}

describe("without ffmpeg and sox", () => {
  it("a WAV file of another rate becomes what a speech engine wants", async () => {
    await using folder = await temporaryFolder();
    const audio = tone({ frequency: 440, seconds: 1.5, sampleRate: 44_100 });
    const { seconds, wav } = await converted({ ...nothing, audio, format: "wav", folder: folder.path });
    expect(wav && isSpeechWav(wav)).toBe(true);
    expect(wav?.duration).toBe(1.5);
    expect(seconds).toBeCloseTo(1.5, 2);
  });

  it("a WAV file of speech is taken as it is, though it be larger than what tells so", async () => {
    await using folder = await temporaryFolder();
    const audio = tone({ frequency: 440, seconds: 60, sampleRate: 16_000 });
    const list = Buffer.concat([Buffer.from("LIST\x04\0\0\0", "latin1"), Buffer.from("text")]);
    const file = Buffer.concat([audio.subarray(0, 36), list, audio.subarray(36)]);
    const { seconds, wav } = await converted({
      ...nothing,
      audio: file,
      format: "wav",
      folder: folder.path,
    });
    expect(seconds).toBeCloseTo(60, 2);
    expect(wav?.data.equals(audio.subarray(44))).toBe(true);
  });

  it.each(["mp3", "mp4", "flac", "ogg", "amr", "webm", "m4a"] as const)(
    "%s fails, and the reason says what to install",
    async (format) => {
      await using folder = await temporaryFolder();
      await expect(
        converted({ ...nothing, audio: Buffer.from("x"), format, folder: folder.path }),
      ).rejects.toThrow(new RegExp(`${format}.*ffmpeg`));
    },
  );

  it("a WAV file of floating point fails, and the reason says what to install", async () => {
    await using folder = await temporaryFolder();
    const audio = tone({ frequency: 440, seconds: 1, sampleRate: 16_000 });
    audio.writeUInt16LE(3, 20);
    await expect(converted({ ...nothing, audio, format: "wav", folder: folder.path })).rejects.toThrow(
      /not plain PCM.*ffmpeg/,
    );
  });
});

describe.skipIf(!scriptsRun)("with sox alone", () => {
  it("what sox does not read fails, and the reason says what to install", async () => {
    await using folder = await temporaryFolder();
    await fakeProgram(folder.path, "sox", "");
    const converter = await findConverter({ PATH: folder.path });
    expect(converter?.name).toBe("sox");
    const audio = Buffer.from("x");
    await expect(
      converted({ audio, format: "m4a", folder: folder.path, converter, environment, signal }),
    ).rejects.toThrow(/m4a.*ffmpeg/);
  });
});

describe("with ffmpeg", () => {
  it.for(["flac", "mp3", "ogg", "m4a"] as const)("%s is brought to 16 kHz mono", async (format, { skip }) => {
    skip(found?.name !== "ffmpeg", "not run: ffmpeg is not on PATH");
    await using folder = await temporaryFolder();
    const file = join(folder.path, `encoded.${format}`);
    await writeFile(join(folder.path, "tone.wav"), tone({ frequency: 440, seconds: 2, sampleRate: 44_100 }));
    const encode = ["-nostdin", "-loglevel", "error", "-i", join(folder.path, "tone.wav"), "-ac", "2", file];
    await runProgram({ commandLine: ["ffmpeg", ...encode], environment, timeout: 30_000, signal });

    const audio = await readFile(file);
    const { wav } = await converted({
      audio,
      format,
      folder: folder.path,
      converter: found,
      environment,
      signal,
    });

    expect(wav && isSpeechWav(wav)).toBe(true);
    expect(wav?.duration).toBeGreaterThan(1.9);
    expect(wav?.duration).toBeLessThan(2.2);
  });

  it("what is broken fails with its reason", async ({ skip }) => {
    skip(found?.name !== "ffmpeg", "not run: ffmpeg is not on PATH");
    await using folder = await temporaryFolder();
    const audio = Buffer.from("fLaC and then nothing");
    await expect(
      converted({ audio, format: "flac", folder: folder.path, converter: found, environment, signal }),
    ).rejects.toThrow(/^ffmpeg failed/);
  });
});
