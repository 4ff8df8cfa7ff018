import { MediaFormat } from "@aws-sdk/client-transcribe";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatOfMediaType, mediaTypesAccepted } from "./media-types.ts";

describe("formatOfMediaType", () => {
  it.each([
    ["audio/mpeg", "mp3"],
    ["audio/mp3", "mp3"],
    ["audio/mp4", "mp4"],
    ["video/mp4", "mp4"],
    ["audio/m4a", "m4a"],
    ["audio/x-m4a", "m4a"],
    ["audio/wav", "wav"],
    ["audio/wave", "wav"],
    ["audio/x-wav", "wav"],
    ["audio/vnd.wave", "wav"],
    ["audio/flac", "flac"],
    ["audio/x-flac", "flac"],
    ["audio/ogg", "ogg"],
    ["application/ogg", "ogg"],
    ["audio/amr", "amr"],
    ["audio/webm", "webm"],
    ["video/webm", "webm"],
  ])("of %s is %s", (mediaType, format) => {
    expect(formatOfMediaType(mediaType)).toBe(format);
  });

  it.each(["AUDIO/WAV", "Audio/Wav", "audio/wav;codecs=1", "audio/wav ; codecs=1; rate=8000", " audio/wav "])(
    "passes over case, parameters and spaces: %j",
    (mediaType) => {
      expect(formatOfMediaType(mediaType)).toBe("wav");
    },
  );

  it.each([
    undefined,
    "",
    ";",
    "audio/*",
    "*/*",
    "audio",
    "text/plain",
    "audio/wavy",
    "constructor",
    "__proto__",
    "audio/wav;\r\nx-amz-acl: public-read",
    "audio/wav; name=ü",
    `audio/wav; name=${"x".repeat(200)}`,
  ])("of %j is undefined", (mediaType) => {
    expect(formatOfMediaType(mediaType)).toBeUndefined();
  });

  it("is undefined of any text that begins with no accepted media type", () => {
    const others = fc
      .string()
      .filter((text) => !mediaTypesAccepted.some((one) => text.toLowerCase().includes(one)));
    fc.assert(
      fc.property(others, (text) => {
        expect(formatOfMediaType(text)).toBeUndefined();
      }),
    );
  });

  it("covers every format of Transcribe's", () => {
    expect(new Set(mediaTypesAccepted.map(formatOfMediaType))).toEqual(new Set(Object.values(MediaFormat)));
  });
});
