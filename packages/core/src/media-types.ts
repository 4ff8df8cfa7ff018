import type { MediaFormat } from "./recording-id.ts";

/** What clients send for the formats that Transcribe takes: the registered names and those in common use. */
const formats: Readonly<Record<string, MediaFormat>> = {
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
  "audio/mp4": "mp4",
  "video/mp4": "mp4",
  "audio/m4a": "m4a",
  "audio/x-m4a": "m4a",
  "audio/wav": "wav",
  "audio/wave": "wav",
  "audio/x-wav": "wav",
  "audio/vnd.wave": "wav",
  "audio/flac": "flac",
  "audio/x-flac": "flac",
  "audio/ogg": "ogg",
  "application/ogg": "ogg",
  "audio/amr": "amr",
  "audio/webm": "webm",
  "video/webm": "webm",
};

/** For error messages: the media types that a recording may have. */
export const mediaTypesAccepted: readonly string[] = Object.keys(formats);

/** Parameters as HTTP writes them, without a comma: https://www.rfc-editor.org/rfc/rfc9110#name-parameters */
const contentTypePattern =
  /^([\w.+-]+\/[\w.+-]+)[ \t]*(?:;[ \t]*(?:[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[^",\\]*"))?[ \t]*)*$/;

/**
 * What of a Content-Type is understood: one of the accepted media types, in lower case, and the media format that
 * Transcribe is told for it. Parameters such as `codecs` are read and left out. Undefined for everything else: what is
 * stored as an object's Content-Type is what a browser will take the object for, and of `audio/wav;x, text/html` a
 * browser takes the last.
 *
 * https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html
 */
export function parseContentType(
  contentType: string | undefined,
): { readonly mediaType: string; readonly format: MediaFormat } | undefined {
  const text = contentType?.trim() ?? "";
  if (text.length > 200) return undefined;
  const mediaType = contentTypePattern.exec(text)?.[1]?.toLowerCase() ?? "";
  const format = Object.hasOwn(formats, mediaType) ? formats[mediaType] : undefined;
  return format && { mediaType, format };
}

/** The media type to send a recording's audio with, whatever it was uploaded as. */
export function mediaTypeOf(format: MediaFormat): string {
  const [mediaType] = Object.entries(formats).find(([, one]) => one === format) ?? [];
  return mediaType ?? "application/octet-stream";
}
