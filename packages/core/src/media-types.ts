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

/**
 * The media format that Transcribe is told for a Content-Type, parameters such as `codecs` aside;
 * undefined for what Transcribe does not take.
 * https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html
 */
export function formatOfMediaType(contentType: string | undefined): MediaFormat | undefined {
  // A form is bound to its Content-Type letter by letter; what is no header's value, or too long for a form's field,
  // could never be posted.
  if (contentType === undefined || !/^[\x20-\x7e]{1,200}$/.test(contentType)) return undefined;
  const [essence = ""] = contentType.split(";");
  const name = essence.trim().toLowerCase();
  return Object.hasOwn(formats, name) ? formats[name] : undefined;
}
