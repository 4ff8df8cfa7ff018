import { LanguageCode, MediaFormat as MediaFormats } from "@aws-sdk/client-transcribe";
import { v7 as uuidv7 } from "uuid";
import * as v from "valibot";

/*
 * One id names everything that belongs to a recording, and this module alone knows how:
 *
 *   id          0199a3c2-….en-US.wav                 {uuid v7}.{language}.{format}
 *   audio       audio/0199a3c2-….en-US.wav           the object that was uploaded
 *   transcript  transcripts/0199a3c2-….en-US.wav.json
 *   job         voice-notes_dev_0199a3c2-….en-US.wav
 *   path        /recordings/0199a3c2-….en-US.wav
 *
 * Language and format stand in the id, so no function has to look them up. A uuid v7 starts with the time, so
 * ids sort by age. Every character is legal in an S3 key, in Transcribe's OutputKey and job name, and in a URL.
 */

export type MediaFormat = (typeof MediaFormats)[keyof typeof MediaFormats];
export type Language = LanguageCode | "auto";

/** A language code that Transcribe knows, or `auto` to have the language identified. */
export const languageSchema = v.picklist(
  [...Object.values(LanguageCode), "auto" as const],
  "is neither a language code of Transcribe (en-US, say) nor auto",
);

export interface RecordingId {
  readonly id: string;
  readonly language: Language;
  readonly format: MediaFormat;
}

const recordingIdSchema = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.[^.]+\.[^.]+$/),
  v.transform((id) => {
    const [, language, format] = id.split(".");
    return { id, language, format };
  }),
  v.object({
    id: v.string(),
    language: languageSchema,
    format: v.picklist(Object.values(MediaFormats)),
  }),
);

export function newRecordingId(language: Language, format: MediaFormat): RecordingId {
  return { id: `${uuidv7()}.${language}.${format}`, language, format };
}

/** Undefined for a text that is no recording's id. */
export function parseRecordingId(text: string | undefined): RecordingId | undefined {
  const result = v.safeParse(recordingIdSchema, text);
  return result.success ? result.output : undefined;
}

export const audioPrefix = "audio/";

export const audioKey = ({ id }: RecordingId): string => `${audioPrefix}${id}`;

/** Ends in `.json`, so Transcribe takes it as the exact key and not as a folder. */
export const transcriptKey = ({ id }: RecordingId): string => `transcripts/${id}.json`;

export const recordingPath = ({ id }: RecordingId): string => `/recordings/${id}`;

/** @param prefix `{service}_{stage}_`: underscores, because neither can hold one, so no stage's prefix begins another's. */
export const jobName = (prefix: string, { id }: RecordingId): string => `${prefix}${id}`;

/** Undefined for a key that is no recording's. */
export const recordingIdOfAudioKey = (key: string): RecordingId | undefined =>
  key.startsWith(audioPrefix) ? parseRecordingId(key.slice(audioPrefix.length)) : undefined;

/** Undefined for a job that is not one of this stage's recordings. */
export const recordingIdOfJobName = (prefix: string, name: string): RecordingId | undefined =>
  name.startsWith(prefix) ? parseRecordingId(name.slice(prefix.length)) : undefined;
