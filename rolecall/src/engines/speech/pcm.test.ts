import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readWav } from "./media.ts";
import { isPlainPcm, isSpeechWav, speechRate, toSpeech } from "./pcm.ts";
import { encodeWav, tone, wav } from "./testing/wav.ts";

const { signal } = new AbortController();

function parsed(file: Buffer) {
  const read = readWav(file);
  if (!read) throw new Error("This is no WAV file.");
  return read;
}

/** Of the samples' middle, full scale 1. */
function amplitude(samples: Buffer): number {
  let sum = 0;
  let count = 0;
  for (let index = 2 * Math.floor(samples.length / 8); index < samples.length * 0.75; index += 2) {
    sum += (samples.readInt16LE(index) / 32_768) ** 2;
    count += 1;
  }
  return Math.sqrt((2 * sum) / count);
}

describe("speech audio from plain WAV", () => {
  it("lasts as long as the recording, whatever its rate, width and channels", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(8000, 11_025, 12_345, 16_000, 22_050, 44_100, 48_000),
        fc.constantFrom(8, 16, 24, 32),
        fc.constantFrom(1, 2),
        fc.nat(5000),
        async (sampleRate, bitsPerSample, channels, frames) => {
          const data = Buffer.alloc(frames * channels * (bitsPerSample / 8), 1);
          const audio = parsed(encodeWav({ sampleRate, bitsPerSample, channels, data }));
          const seconds = (await toSpeech(audio, signal)).length / 2 / speechRate;
          expect(Math.abs(seconds - frames / sampleRate)).toBeLessThanOrEqual(1 / speechRate);
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([8000, 11_025, 44_100, 48_000])("sounds the same from %i Hz", async (sampleRate) => {
    const given = await toSpeech(parsed(tone({ frequency: 1000, seconds: 2.5, sampleRate })), signal);
    const wanted = parsed(tone({ frequency: 1000, seconds: 2.5, sampleRate: speechRate })).data;
    let most = 0;
    for (let index = 1000; index < wanted.length - 1000; index += 2) {
      most = Math.max(most, Math.abs(given.readInt16LE(index) - wanted.readInt16LE(index)));
    }
    expect(most).toBeLessThan(32_768 * 0.01);
  });

  it("has nothing of what is too high for its rate", async () => {
    const audio = parsed(tone({ frequency: 10_000, seconds: 1, sampleRate: 48_000 }));
    expect(amplitude(audio.data)).toBeCloseTo(0.5, 1);
    expect(amplitude(await toSpeech(audio, signal))).toBeLessThan(0.005);
  });

  it("is the very same when it already has the rate", async () => {
    const audio = parsed(tone({ frequency: 440, seconds: 0.1, sampleRate: speechRate }));
    expect(await toSpeech(audio, signal)).toEqual(audio.data);
  });

  it("averages the channels, and reads eight bits as unsigned", async () => {
    const data = Buffer.alloc(2 * speechRate);
    for (let index = 0; index < data.length; index += 2) data.writeUInt16BE(0xff_7f, index);
    const audio = parsed(encodeWav({ sampleRate: speechRate, channels: 2, bitsPerSample: 8, data }));
    const speech = await toSpeech(audio, signal);
    // (127 - 1) / 2 of 128.
    expect(speech.readInt16LE(speech.length / 2)).toBe((63 / 128) * 32_768);
  });

  it("ends when the local run does", async () => {
    const ended = AbortSignal.abort(new Error("closed"));
    await expect(toSpeech(parsed(wav({ seconds: 1, sampleRate: 8000 })), ended)).rejects.toThrow("closed");
  });
});

describe("a WAV file", () => {
  it("is read in the extensible form as well", () => {
    const plain = wav({ seconds: 0.1 });
    const chunk = Buffer.alloc(40);
    plain.copy(chunk, 0, 20, 36);
    chunk.writeUInt16LE(0xfffe, 0);
    chunk.writeUInt16LE(1, 24);
    const head = Buffer.from(plain.subarray(0, 20));
    head.writeUInt32LE(40, 16);
    expect(isSpeechWav(parsed(Buffer.concat([head, chunk, plain.subarray(36)])))).toBe(true);
  });

  it("of floating point, or of odd widths, is not plain", () => {
    const audio = parsed(wav({ seconds: 0.1 }));
    expect(isPlainPcm(audio)).toBe(true);
    expect(isPlainPcm({ ...audio, encoding: 3, bitsPerSample: 32 })).toBe(false);
    expect(isPlainPcm({ ...audio, bitsPerSample: 12 })).toBe(false);
    expect(isPlainPcm({ ...audio, channels: 0 })).toBe(false);
  });
});
