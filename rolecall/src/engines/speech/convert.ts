import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Recording } from "./media.ts";
import { type MediaFormat, readBeginning, readWav } from "./media.ts";
import { isPlainPcm, isSpeechWav, speechRate, toSpeech, wavHeader } from "./pcm.ts";
import { findProgram, runProgram } from "./program.ts";
import { CannotHear } from "./recogniser.ts";

/** A program that turns recordings into WAV files of 16 kHz, mono, 16 bit. */
export interface Converter {
  readonly name: "ffmpeg" | "sox";
  readonly reads: readonly MediaFormat[] | "all";
  commandLine(from: string, to: string): [string, ...string[]];
}

/** Finds ffmpeg, or else sox, on `PATH`. */
export async function findConverter(environment: NodeJS.ProcessEnv): Promise<Converter | undefined> {
  const ffmpeg = await findProgram("ffmpeg", environment);
  if (ffmpeg) {
    const quietly = ["-nostdin", "-hide_banner", "-loglevel", "error"];
    const format = ["-vn", "-ac", "1", "-ar", String(speechRate), "-c:a", "pcm_s16le", "-f", "wav"];
    return {
      name: "ffmpeg",
      reads: "all",
      commandLine: (from, to) => [ffmpeg, ...quietly, "-i", from, ...format, to],
    };
  }
  const sox = await findProgram("sox", environment);
  if (sox) {
    const format = ["-r", String(speechRate), "-c", "1", "-b", "16", "-e", "signed-integer"];
    return {
      name: "sox",
      reads: ["amr", "flac", "mp3", "ogg", "wav"],
      commandLine: (from, to) => [sox, from, ...format, to],
    };
  }
  return undefined;
}

export interface Conversion {
  readonly recording: Recording;
  readonly format: MediaFormat;
  /** Where the files go: the recording's own beside `to`. */
  readonly folder: string;
  readonly converter: Converter | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Milliseconds. */
const conversionTimeout = 10 * 60_000;

/**
 * Writes a recording as a WAV file of 16 kHz, mono, 16 bit: as it is when it is one, else by the converter; plain WAV
 * also without one.
 *
 * @param to the file to write
 * @returns its length in seconds
 * @throws {CannotHear} when it cannot be converted; names what to install
 */
export async function writeSpeechWav(conversion: Conversion, to: string): Promise<number> {
  const { recording, format, folder, converter, environment, signal } = conversion;
  const wav = format === "wav" ? readWav(await readBeginning(recording), recording.size) : undefined;
  if (wav && isSpeechWav(wav)) {
    await write(recording.stream(wav.dataStart, wav.dataEnd), wav.dataEnd - wav.dataStart);
  } else if (converter) {
    if (converter.reads !== "all" && !converter.reads.includes(format)) throw unreadable(format);
    const from = join(folder, `recording.${format}`);
    await pipeline(recording.stream(), createWriteStream(from));
    await runProgram({
      commandLine: converter.commandLine(from, to),
      environment,
      timeout: conversionTimeout,
      signal,
    });
  } else if (wav && isPlainPcm(wav)) {
    const data = await buffer(recording.stream(wav.dataStart, wav.dataEnd));
    const speech = await toSpeech({ ...wav, data }, signal);
    await write([speech], speech.length);
  } else {
    throw unreadable(format);
  }
  return (await stat(to)).size / (speechRate * 2);

  async function write(samples: AsyncIterable<Buffer> | Iterable<Buffer>, size: number): Promise<void> {
    const header = wavHeader({ sampleRate: speechRate, channels: 1, bitsPerSample: 16 }, size);
    const parts = async function* () {
      yield header;
      yield* samples;
    };
    await pipeline(parts, createWriteStream(to));
  }
}

function unreadable(format: MediaFormat): CannotHear {
  const what = format === "wav" ? "a WAV file that is not plain PCM" : `a recording in the format ${format}`;
  return new CannotHear(
    `To hear ${what}, the local run needs ffmpeg (apt-get install ffmpeg, brew install ffmpeg, winget install ffmpeg).`,
  );
}
