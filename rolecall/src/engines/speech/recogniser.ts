import type { MediaFormat, Recording } from "./media.ts";

/** Turns speech into words. The local run is given one; a speech engine is added by writing another. */
export interface Recogniser {
  /** Shown in the log, e.g. "recorded transcripts". */
  readonly name: string;
  /**
   * @param recording known to be in `format`
   * @param request.language the job's language code, or undefined to identify it
   * @param request.signal aborted when the local run stops: an engine that still listens then ends
   * @throws {CannotHear} when it has no words for this recording; it never makes words up
   */
  recognise(
    recording: Recording,
    request: {
      readonly format: MediaFormat;
      readonly language: string | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<Heard>;
}

export interface Heard {
  /** Whether a speech engine listened, or the words were written down beforehand. */
  readonly source: "engine" | "recorded";
  /** Language code, e.g. "en-US". */
  readonly language: string;
  /** How sure the language is, 0 to 1; absent when it was given and not identified. */
  readonly languageScore?: number;
  /** Sentences or what lies between two pauses, in order, none of them empty. */
  readonly segments: readonly (readonly Word[])[];
}

export interface Word {
  readonly content: string;
  /** Seconds from the start of the recording. */
  readonly start: number;
  readonly end: number;
  /** 0 to 1. */
  readonly confidence: number;
  /** The mark that follows the word. */
  readonly punctuation?: string;
}

/** A recogniser has no words for a recording. The message becomes the job's `FailureReason`. */
export class CannotHear extends Error {
  override readonly name = "CannotHear";
}
