/*
 * What the API answers about recordings, as docs/openapi.yaml describes it. A test compares the two. Nothing is imported
 * here: the console's page takes its types from this file, and knows nothing of Node.
 */

export interface Recording {
  readonly id: string;
  readonly language: string;
  readonly format: string;
  readonly status: "uploaded" | "queued" | "transcribing" | "completed" | "failed";
  /** Of the audio, in bytes. */
  readonly size: number;
  /** ISO 8601. */
  readonly uploadedAt: string;
  /** Present once the status is `completed`; times in seconds. */
  readonly transcript?: {
    readonly text: string;
    readonly segments: readonly { readonly start: number; readonly end: number; readonly text: string }[];
  };
  /** Present when the status is `failed`. */
  readonly failureReason?: string;
  /** A link to the audio, for 15 minutes at most. */
  readonly audio: { readonly href: string; readonly expiresAt: string };
  /** Whether a form was posted again after this recording's job began; absent before there is a job. */
  readonly audioIsNewer?: boolean;
}

/** What an upload answers: the recording exists, and nothing is known of it yet. */
export type NewRecording = Pick<Recording, "id" | "language" | "format" | "status">;

export interface Page {
  readonly recordings: readonly (Pick<Recording, "id" | "language" | "format" | "size" | "uploadedAt"> & {
    readonly href: string;
  })[];
  /** The token of the next page; absent on the last. */
  readonly next?: string;
}
