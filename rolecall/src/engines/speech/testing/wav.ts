import { Readable } from "node:stream";
import type { Recording } from "../media.ts";
import { wavHeader } from "../pcm.ts";

/** A file as recognisers take it. */
export function recording(file: Buffer): Recording {
  return { size: file.length, stream: (start, end) => Readable.from([file.subarray(start, end)]) };
}

/** A WAV file of PCM samples. */
export function encodeWav({
  data,
  ...format
}: Parameters<typeof wavHeader>[0] & { readonly data: Buffer }): Buffer {
  return Buffer.concat([wavHeader(format, data.length), data]);
}

/** A silent 16-bit WAV file. */
export function wav(options: {
  readonly seconds: number;
  readonly sampleRate?: number;
  readonly channels?: number;
}): Buffer {
  const { seconds, sampleRate = 16_000, channels = 1 } = options;
  const data = Buffer.alloc(Math.round(seconds * sampleRate) * channels * 2);
  return encodeWav({ sampleRate, channels, bitsPerSample: 16, data });
}

/** A 16-bit mono WAV file of one tone at half the full scale. */
export function tone(options: {
  /** Hertz. */
  readonly frequency: number;
  readonly seconds: number;
  readonly sampleRate: number;
}): Buffer {
  const { frequency, seconds, sampleRate } = options;
  const data = Buffer.alloc(Math.round(seconds * sampleRate) * 2);
  for (let index = 0; index < data.length / 2; index += 1) {
    data.writeInt16LE(
      Math.round(16_384 * Math.sin((2 * Math.PI * frequency * index) / sampleRate)),
      index * 2,
    );
  }
  return encodeWav({ sampleRate, channels: 1, bitsPerSample: 16, data });
}
