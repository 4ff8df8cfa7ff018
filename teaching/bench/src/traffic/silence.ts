import type { StartOptions } from "rolecall/run";

/** Hertz, and bytes of a sample: the least that Transcribe takes. */
const sampleRate = 8000;
const sampleSize = 2;

/** @returns a WAV file that says nothing. */
export function silentWav(seconds: number): Buffer<ArrayBuffer> {
  const size = seconds * sampleRate * sampleSize;
  const wav = Buffer.alloc(44 + size);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(36 + size, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(1, 22); // one channel
  wav.writeUInt32LE(sampleRate, 24);
  wav.writeUInt32LE(sampleRate * sampleSize, 28);
  wav.writeUInt16LE(sampleSize, 32);
  wav.writeUInt16LE(8 * sampleSize, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(size, 40);
  return wav;
}

/** Hears nothing, which is all that silence says, and takes no time for it. */
export const deaf: NonNullable<StartOptions["recogniser"]> = {
  name: "nobody, for silence",
  recognise: async (_, { language }) => ({ source: "engine", language: language ?? "en-US", segments: [] }),
};
