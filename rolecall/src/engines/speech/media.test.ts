import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { detectFormat, isSameFormat, readWavHeader } from "./media.ts";
import { wav } from "./testing/wav.ts";

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))),
  );

describe("a recording's format", () => {
  it.each([
    ["wav", wav({ seconds: 1 })],
    ["flac", bytes("fLaC", [0, 0, 0, 34])],
    ["ogg", bytes("OggS", [0, 2])],
    ["amr", bytes("#!AMR\n", [4])],
    ["amr", bytes("#!AMR-WB\n", [4])],
    ["mp4", bytes([0, 0, 0, 32], "ftypisom")],
    ["m4a", bytes([0, 0, 0, 32], "ftypM4A ")],
    ["webm", bytes([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x82, 0x84], "webm")],
    ["mp3", bytes("ID3", [4, 0])],
    ["mp3", bytes([0xff, 0xfb, 0x90, 0x00])],
  ])("%s is told by its first bytes", (format, audio) => {
    expect(detectFormat(audio)).toBe(format);
  });

  it.each([
    ["nothing", bytes()],
    ["text", bytes("a function carries no keys")],
    ["Matroska", bytes([0x1a, 0x45, 0xdf, 0xa3, 0xa3, 0x42, 0x82, 0x88], "matroska")],
    ["AAC in ADTS frames", bytes([0xff, 0xf1, 0x50, 0x80])],
    ["a RIFF that is no WAVE", bytes("RIFF", [0, 0, 0, 0], "AVI ")],
  ])("is none of Transcribe's for %s", (_, audio) => {
    expect(detectFormat(audio)).toBeUndefined();
  });

  it("may be called mp4 when it is m4a, and nothing else", () => {
    expect(isSameFormat("m4a", "mp4")).toBe(true);
    expect(isSameFormat("mp4", "m4a")).toBe(true);
    expect(isSameFormat("wav", "mp3")).toBe(false);
  });
});

describe("a WAV header", () => {
  it("tells channels, sample rate and duration", () => {
    expect(readWavHeader(wav({ seconds: 1.5, sampleRate: 8000, channels: 2 }))).toEqual({
      channels: 2,
      sampleRate: 8000,
      duration: 1.5,
    });
  });

  it("counts the bytes that are there when a streaming recorder left the size open", () => {
    const audio = wav({ seconds: 1 });
    audio.writeUInt32LE(0xffffffff, 40);
    expect(readWavHeader(audio)?.duration).toBe(1);
  });

  it("is found behind other chunks", () => {
    const audio = wav({ seconds: 1 });
    const list = bytes("LIST", [3, 0, 0, 0], "abc", [0]);
    const audioWithList = Buffer.concat([audio.subarray(0, 12), list, audio.subarray(12)]);
    expect(readWavHeader(audioWithList)?.duration).toBe(1);
  });

  it("is read from any bytes without an error", () => {
    const start = wav({ seconds: 0.01 });
    fc.assert(
      fc.property(fc.nat(start.length), fc.uint8Array({ maxLength: 100 }), (length, tail) => {
        const audio = Buffer.concat([start.subarray(0, length), tail]);
        detectFormat(audio);
        const header = readWavHeader(audio);
        if (header) expect(header.duration).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
