import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { HttpError } from "rolecall/console";
import { type Api, ApiError } from "../api.ts";
import { uploadAudio } from "../transcribe.ts";
import type { RecordingListMessage, RecordingMessage, SampleMessage } from "./messages.ts";

/** Bytes that the page may send; a larger file is for `pnpm transcribe`. */
export const largestUpload = 32 * 1024 * 1024;

export interface Upload {
  /** The file's; its extension tells the media format. */
  readonly name: string;
  readonly audio: Uint8Array<ArrayBuffer>;
  /** The stage's default when absent. */
  readonly language?: string | undefined;
  /** As the body of POST /recordings, or by an upload form. */
  readonly way: "body" | "form";
}

/** What the page does with recordings: through the service's API, as the developer, so that every step is decided. */
export interface Recordings {
  list(): Promise<RecordingListMessage>;
  read(id: string): Promise<RecordingMessage>;
  /** @returns the new recording's id. */
  upload(upload: Upload): Promise<string>;
  remove(id: string): Promise<void>;
}

/** Every method throws {HttpError} with what the API answered. */
export function createRecordings(api: Api): Recordings {
  return {
    async list() {
      const { recordings, next } = await passingErrorsOn(api.listRecordings({ limit: 1000 }));
      return {
        // Their ids begin with the time, so the API lists the oldest first.
        recordings: recordings.map(({ id, language, format }) => ({ id, language, format })).reverse(),
        isComplete: next === undefined,
      };
    },
    read: (id) => passingErrorsOn(api.readRecording(id)),
    upload: ({ name, audio, language, way }) =>
      passingErrorsOn(uploadAudio(api, { name, audio }, { language, way })),
    remove: (id) => passingErrorsOn(api.deleteRecording(id)),
  };
}

async function passingErrorsOn<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError) throw new HttpError(error.status, error.message);
    // What the client refuses by itself: a file of no media format, an API that is gone.
    throw new HttpError(400, error instanceof Error ? error.message : String(error));
  }
}

/** The recordings of a folder that have their words beside them. None where there is no such folder. */
export async function readSamples(folder: string): Promise<readonly SampleMessage[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const recordings = files.filter(
    (file) => file.endsWith(".wav") && files.includes(file.replace(/wav$/, "json")),
  );
  return Promise.all(
    recordings.toSorted().map(async (file) => {
      const json = await readFile(join(folder, file.replace(/wav$/, "json")), "utf8");
      const { sentences } = JSON.parse(json) as { sentences: readonly { readonly text: string }[] };
      return { name: file, says: sentences.map(({ text }) => text).join(" ") };
    }),
  );
}
