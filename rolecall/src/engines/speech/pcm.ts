import { setImmediate as turn } from "node:timers/promises";
import type { Wav } from "./media.ts";

/** Hertz; what speech engines are trained on. */
export const speechRate = 16_000;

/**
 * The header of a WAV file of PCM samples.
 *
 * @param dataSize bytes of the samples
 */
export function wavHeader(
  { sampleRate, channels, bitsPerSample }: Pick<Wav, "sampleRate" | "channels" | "bitsPerSample">,
  dataSize: number,
): Buffer {
  const bytesPerFrame = (bitsPerSample / 8) * channels;
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + dataSize, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * bytesPerFrame, 28);
  header.writeUInt16LE(bytesPerFrame, 32);
  header.writeUInt16LE(bitsPerSample, 34);
  header.write("data", 36);
  header.writeUInt32LE(dataSize, 40);
  return header;
}

/** Whether `toSpeech` reads the samples: integers, as all recorders write them unless told otherwise. */
export function isPlainPcm({ encoding, bitsPerSample, channels }: Wav): boolean {
  return encoding === 1 && [8, 16, 24, 32].includes(bitsPerSample) && channels > 0;
}

export function isSpeechWav(wav: Wav): boolean {
  return isPlainPcm(wav) && wav.channels === 1 && wav.bitsPerSample === 16 && wav.sampleRate === speechRate;
}

/**
 * Brings plain PCM to 16-bit mono at `speechRate`: channels are averaged, and the rate is changed by a windowed sinc,
 * which keeps what lies above half the new rate from folding into the speech.
 *
 * @param signal aborts between two seconds of audio
 * @returns the samples alone, without a header
 */
export async function toSpeech(wav: Wav, signal: AbortSignal): Promise<Buffer> {
  const frames = Math.floor(wav.data.length / ((wav.bitsPerSample / 8) * wav.channels));
  const { step, phases, half, kernels } = resampler(wav.sampleRate);
  const length = Math.round((frames * phases) / step);
  const output = Buffer.alloc(length * 2);
  for (let first = 0; first < length; first += speechRate) {
    // The event loop serves others meanwhile.
    await turn();
    signal.throwIfAborted();
    const end = Math.min(first + speechRate, length);
    const origin = Math.floor((first * step) / phases) - half + 1;
    const window = monoSamples(wav, origin, Math.floor(((end - 1) * step) / phases) + half + 1 - origin);
    for (let index = first; index < end; index += 1) {
      const kernel = ((index * step) % phases) * 2 * half;
      const start = Math.floor((index * step) / phases) - half + 1 - origin;
      let sum = 0;
      for (let tap = 0; tap < 2 * half; tap += 1) {
        sum += (kernels[kernel + tap] ?? 0) * (window[start + tap] ?? 0);
      }
      output.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(sum * 32_768))), index * 2);
    }
  }
  return output;
}

/** Zero crossings of the sinc on each side, and the share of the band that is left to the filter's slope. */
const zeroCrossings = 16;
const passband = 0.95;

/** The filter for each of the places that an output sample can have between two input samples. */
function resampler(sampleRate: number) {
  const divisor = greatestCommonDivisor(sampleRate, speechRate);
  const step = sampleRate / divisor;
  const phases = speechRate / divisor;
  const cutoff = sampleRate > speechRate ? passband * (speechRate / sampleRate) : 1;
  const half = Math.ceil(zeroCrossings / cutoff);
  const kernels = new Float32Array(phases * 2 * half);
  for (let phase = 0; phase < phases; phase += 1) {
    const kernel = kernels.subarray(phase * 2 * half, (phase + 1) * 2 * half);
    for (let tap = 0; tap < kernel.length; tap += 1) {
      const distance = tap - half + 1 - phase / phases;
      kernel[tap] = sinc(cutoff * distance) * Math.cos((Math.PI * distance) / (2 * half)) ** 2;
    }
    const gain = kernel.reduce((sum, weight) => sum + weight, 0);
    for (let tap = 0; tap < kernel.length; tap += 1) kernel[tap] = (kernel[tap] ?? 0) / gain;
  }
  return { step, phases, half, kernels };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Frames from `first` on, each the average of its channels, -1 to 1; silence where there are none. */
function monoSamples({ data, bitsPerSample, channels }: Wav, first: number, count: number): Float32Array {
  const bytes = bitsPerSample / 8;
  const samples = new Float32Array(count);
  const scale = channels * 2 ** (bitsPerSample - 1);
  for (let index = Math.max(0, -first); index < count; index += 1) {
    const frame = (first + index) * channels * bytes;
    if (frame + channels * bytes > data.length) break;
    let sum = 0;
    for (let offset = frame; offset < frame + channels * bytes; offset += bytes) {
      // Eight bits are unsigned, all others signed.
      sum += bytes === 1 ? data.readUInt8(offset) - 128 : data.readIntLE(offset, bytes);
    }
    samples[index] = sum / scale;
  }
  return samples;
}
