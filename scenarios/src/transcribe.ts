import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Api, ApiError, type Audio, type Upload } from "./api.ts";
import type { Recording } from "./recording.ts";

/** What the API stores a file as. */
const mediaTypes: Readonly<Record<string, string>> = {
  ".amr": "audio/amr",
  ".flac": "audio/flac",
  ".m4a": "audio/m4a",
  ".mp3": "audio/mpeg",
  ".mp4": "audio/mp4",
  ".ogg": "audio/ogg",
  ".wav": "audio/wav",
  ".webm": "audio/webm",
};

/** Bytes that POST /recordings takes; a larger file goes by an upload form. */
const largestBody = 4 * 1024 * 1024;

/** Milliseconds between two questions how far a job is, at first and at most; how many in a row may go unanswered. */
const patience = { first: 100, most: 5_000, unanswered: 8 };

export interface TranscribeOptions {
  readonly language?: string | undefined;
  /** How the audio goes in; by default the body when it is small enough. */
  readonly way?: "body" | "form";
  /** Told of each new status. */
  readonly onStatus?: (status: Recording["status"]) => unknown;
}

/**
 * Uploads a file and follows its recording to the end.
 *
 * @returns the recording, completed or failed.
 * @throws Error for a file whose extension is no media format of Transcribe's; ApiError for what the API refuses.
 */
export async function transcribeFile(
  api: Api,
  file: string,
  options: TranscribeOptions = {},
): Promise<Recording> {
  return followRecording(api, await uploadFile(api, file, options), options.onStatus);
}

/**
 * @returns the id of the new recording.
 * @throws Error for a file whose extension is no media format of Transcribe's; ApiError for what the API refuses.
 */
export async function uploadFile(
  api: Api,
  file: string,
  options: Pick<TranscribeOptions, "language" | "way"> = {},
): Promise<string> {
  requireMediaType(file);
  await stat(file); // says what is wrong with a file that is not there
  return uploadAudio(api, { name: file, audio: await openAsBlob(file) }, options);
}

/**
 * @param file Its name tells the media format.
 * @returns the id of the new recording.
 * @throws Error for a name whose extension is no media format of Transcribe's; ApiError for what the API refuses.
 */
export async function uploadAudio(
  api: Api,
  { name, audio }: { readonly name: string; readonly audio: Audio },
  options: Pick<TranscribeOptions, "language" | "way"> = {},
): Promise<string> {
  const upload = { audio, mediaType: requireMediaType(name), language: options.language };
  const size = audio instanceof Blob ? audio.size : audio.length;
  const way = options.way ?? (size > largestBody ? "form" : "body");
  return way === "form" ? uploadByForm(api, upload) : (await api.receiveAudio(upload)).id;
}

function requireMediaType(file: string): string {
  const mediaType = mediaTypes[extname(file).toLowerCase()];
  if (!mediaType) {
    throw new Error(`${basename(file)}: Transcribe takes ${Object.keys(mediaTypes).join(" ")} files only.`);
  }
  return mediaType;
}

async function uploadByForm(api: Api, { audio, mediaType, language }: Upload): Promise<string> {
  const { id, form } = await api.issueUploadForm(mediaType, language);
  await api.postForm(form, audio);
  return id;
}

/**
 * Asks for the recording until its transcription ended, ever less often. A server error says nothing of the recording, so
 * it asks on.
 *
 * @throws ApiError when that goes on for long, or for a recording that is not there.
 */
export async function followRecording(
  api: Api,
  id: string,
  onStatus: (status: Recording["status"]) => unknown = () => {},
): Promise<Recording> {
  let last: Recording["status"] | undefined;
  let unanswered = 0;
  for (let wait = patience.first; ; wait = Math.min(wait * 1.5, patience.most)) {
    const recording = await api.readRecording(id).catch((error: unknown) => {
      unanswered += 1;
      const isPassing = error instanceof ApiError && error.status >= 500;
      if (isPassing && unanswered <= patience.unanswered) return undefined;
      throw error;
    });
    if (recording) {
      unanswered = 0;
      if (recording.status !== last) onStatus(recording.status);
      last = recording.status;
      if (recording.status === "completed" || recording.status === "failed") return recording;
    }
    await sleep(wait);
  }
}
