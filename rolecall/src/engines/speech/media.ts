import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

/** A recording's bytes, which may be too many to have in memory. */
export interface Recording {
  /** Bytes. */
  readonly size: number;
  /**
   * @param start of the first byte, 0 by default
   * @param end behind the last byte, the size by default
   */
  stream(start?: number, end?: number): Readable;
}

/** https://docs.aws.amazon.com/transcribe/latest/APIReference/API_StartTranscriptionJob.html, `MediaFormat` */
export const mediaFormats = ["mp3", "mp4", "wav", "flac", "ogg", "amr", "webm", "m4a"] as const;
export type MediaFormat = (typeof mediaFormats)[number];

/** What a WAV file says of itself. */
export interface WavHeader {
  readonly channels: number;
  /** Hertz. */
  readonly sampleRate: number;
  /** Seconds. */
  readonly duration: number;
}

/** A WAV file taken apart. */
export interface Wav extends WavHeader {
  /** The format tag: 1 is PCM. */
  readonly encoding: number;
  readonly bitsPerSample: number;
  /** Where the samples, frame after frame, begin and end in the file. */
  readonly dataStart: number;
  readonly dataEnd: number;
  /** Those of them that were read. */
  readonly data: Buffer;
}

/** Tells a recording's format by its first bytes; undefined when they are of no format that Transcribe takes. */
export function detectFormat(audio: Buffer): MediaFormat | undefined {
  const ascii = (start: number, end: number) => audio.toString("latin1", start, end);
  if (ascii(0, 4) === "RIFF" && ascii(8, 12) === "WAVE") return "wav";
  if (ascii(0, 4) === "fLaC") return "flac";
  if (ascii(0, 4) === "OggS") return "ogg";
  if (ascii(0, 6) === "#!AMR\n" || ascii(0, 9) === "#!AMR-WB\n") return "amr";
  if (ascii(4, 8) === "ftyp") return /^M4[AB] $/.test(ascii(8, 12)) ? "m4a" : "mp4";
  // Matroska has the same EBML header; the document type a few bytes on tells the two apart.
  if (ascii(0, 4) === "\x1a\x45\xdf\xa3") return ascii(4, 64).includes("webm") ? "webm" : undefined;
  if (ascii(0, 3) === "ID3" || isMp3Frame(audio)) return "mp3";
  return undefined;
}

/** Whether a recording detected as one format may be called by another: M4A is MP4 with sound alone. */
export function isSameFormat(detected: MediaFormat, claimed: MediaFormat): boolean {
  const family = (format: MediaFormat) => (format === "m4a" ? "mp4" : format);
  return family(detected) === family(claimed);
}

/** Eleven set bits, then MPEG layer III; AAC in ADTS frames has the same start and layer 0. */
function isMp3Frame(audio: Buffer): boolean {
  const [first = 0, second = 0] = audio;
  return first === 0xff && (second & 0xe0) === 0xe0 && (second & 0x06) === 0x02;
}

/** Bytes that tell of what format a file is, and where a WAV file's samples begin. */
const beginningSize = 1024 ** 2;

/** As much of a recording as `detectFormat` and `readWav` need. */
export function readBeginning(recording: Recording): Promise<Buffer> {
  return buffer(recording.stream(0, Math.min(beginningSize, recording.size)));
}

/**
 * Reads a WAV file's header; undefined when it is cut short or makes no sense.
 *
 * @param size bytes of the file, where `audio` is only its beginning
 */
export function readWavHeader(audio: Buffer, size?: number): WavHeader | undefined {
  const wav = readWav(audio, size);
  return wav && { channels: wav.channels, sampleRate: wav.sampleRate, duration: wav.duration };
}

/**
 * Reads a WAV file; undefined when its header is cut short or makes no sense.
 *
 * @param fileSize bytes of the file, where `audio` is only its beginning
 */
export function readWav(audio: Buffer, fileSize: number = audio.length): Wav | undefined {
  let format:
    | (Omit<Wav, "data" | "dataStart" | "dataEnd" | "duration"> & { readonly bytesPerSecond: number })
    | undefined;
  for (let offset = 12; offset + 8 <= audio.length; ) {
    const id = audio.toString("latin1", offset, offset + 4);
    const size = audio.readUInt32LE(offset + 4);
    const body = offset + 8;
    if (id === "fmt " && body + 16 <= audio.length) format = readFormat(audio.subarray(body, body + size));
    if (id === "data") {
      if (!format || format.bytesPerSecond === 0) return undefined;
      const { bytesPerSecond, ...rest } = format;
      // A recorder that streams writes the greatest size it can: believe the bytes that are there.
      const dataEnd = Math.min(body + size, fileSize);
      return {
        ...rest,
        dataStart: body,
        dataEnd,
        data: audio.subarray(body, dataEnd),
        duration: (dataEnd - body) / bytesPerSecond,
      };
    }
    // Chunks are padded to an even length.
    offset = body + size + (size % 2);
  }
  return undefined;
}

/** WAVE_FORMAT_EXTENSIBLE: the tag proper is the first field of the sub-format. */
const extensible = 0xfffe;

function readFormat(chunk: Buffer) {
  if (chunk.length < 16) return undefined;
  const tag = chunk.readUInt16LE(0);
  return {
    encoding: tag === extensible && chunk.length >= 26 ? chunk.readUInt16LE(24) : tag,
    channels: chunk.readUInt16LE(2),
    sampleRate: chunk.readUInt32LE(4),
    bytesPerSecond: chunk.readUInt32LE(8),
    bitsPerSample: chunk.readUInt16LE(14),
  };
}
