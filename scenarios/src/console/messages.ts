import type { Recording } from "../recording.ts";

/*
 * What the console tells the Recordings view, as JSON. Types alone: the view's modules know nothing of Node.
 */

export type RecordingMessage = Recording;

export interface RecordingListMessage {
  readonly recordings: readonly Pick<Recording, "id" | "language" | "format">[];
  readonly isComplete: boolean;
}

export interface SampleMessage {
  readonly name: string;
  readonly says: string;
}

/** What does not change while the local run goes on. */
export interface OwnMessage {
  readonly samples: readonly SampleMessage[];
  /** Bytes. */
  readonly largestUpload: number;
}
