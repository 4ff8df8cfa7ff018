import * as v from "valibot";

/** What Transcribe writes; times and confidences are strings there. https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html */
const documentSchema = v.object({
  results: v.object({
    transcripts: v.array(v.object({ transcript: v.string() })),
    audio_segments: v.optional(
      v.array(v.object({ transcript: v.string(), start_time: v.string(), end_time: v.string() })),
      [],
    ),
  }),
});

export interface Transcript {
  readonly text: string;
  /** Start and end in seconds from the beginning of the recording. */
  readonly segments: readonly { readonly start: number; readonly end: number; readonly text: string }[];
}

/** @throws v.ValiError for a document that is not Transcribe's. */
export function parseTranscript(document: string): Transcript {
  const { results } = v.parse(v.pipe(v.string(), v.parseJson(), documentSchema), document);
  return {
    text: results.transcripts.map(({ transcript }) => transcript).join(" "),
    segments: results.audio_segments.map(({ transcript, start_time, end_time }) => ({
      start: Number(start_time),
      end: Number(end_time),
      text: transcript,
    })),
  };
}
