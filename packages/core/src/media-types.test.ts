import { MediaFormat } from "@aws-sdk/client-transcribe";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mediaTypeOf, mediaTypesAccepted, parseContentType } from "./media-types.ts";

describe("parseContentType", () => {
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
  ])("of %s is the format %s", (mediaType, format) => {
    expect(parseContentType(mediaType)).toEqual({ mediaType, format });
  });

  it.each([
    "AUDIO/WAV",
    "Audio/Wav",
    "audio/wav;codecs=1",
    "audio/wav ; codecs=1; rate=8000",
    'audio/wav; codecs="1; 2"',
    "audio/wav;",
    " audio/wav ",
  ])("passes over case, parameters and spaces, and keeps none of them: %j", (contentType) => {
    expect(parseContentType(contentType)).toEqual({ mediaType: "audio/wav", format: "wav" });
  });

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
    // Of a list a browser takes the last.
    "audio/wav;x, text/html",
    "audio/wav, text/html",
    "audio/wav;a=b, text/html",
    'audio/wav;a="b, text/html"',
    'audio/wav;a="b", text/html',
    "audio/wav,text/html;charset=utf-8",
    "text/html, audio/wav",
    "audio/wav;text/html",
    "audio/wav text/html",
    "audio/wav; =x",
    'audio/wav; a="x',
    'audio/wav; a="\\""',
    "audio/wav\tx",
  ])("of %j is undefined", (contentType) => {
    expect(parseContentType(contentType)).toBeUndefined();
  });

  it("gives one of the accepted media types and nothing else, whatever stands behind it", () => {
    const behind = fc.tuple(fc.constantFrom(...mediaTypesAccepted), fc.string());
    fc.assert(
      fc.property(behind, ([mediaType, rest]) => {
        const parsed = parseContentType(mediaType + rest);
        if (parsed) expect(mediaTypesAccepted).toContain(parsed.mediaType);
        if (rest.includes(",")) expect(parsed).toBeUndefined();
      }),
    );
  });

  it("is undefined of any text that begins with no accepted media type", () => {
    const others = fc
      .string()
      .filter((text) => !mediaTypesAccepted.some((one) => text.toLowerCase().includes(one)));
    fc.assert(
      fc.property(others, (text) => {
        expect(parseContentType(text)).toBeUndefined();
      }),
    );
  });

  it("covers every format of Transcribe's", () => {
    expect(new Set(mediaTypesAccepted.map((one) => parseContentType(one)?.format))).toEqual(
      new Set(Object.values(MediaFormat)),
    );
  });
});

it("the media type of a format is one that stands for it", () => {
  for (const format of Object.values(MediaFormat))
    expect(parseContentType(mediaTypeOf(format))).toEqual({ mediaType: mediaTypeOf(format), format });
});
