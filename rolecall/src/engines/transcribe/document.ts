import type { Heard, Word } from "../speech/recogniser.ts";

interface Item {
  readonly id: number;
  readonly type: "pronunciation" | "punctuation";
  readonly alternatives: readonly [{ readonly confidence: string; readonly content: string }];
  readonly start_time?: string;
  readonly end_time?: string;
}

/** The JSON document that Transcribe leaves in the output bucket. Its times and confidences are strings. */
export interface TranscriptDocument {
  readonly jobName: string;
  readonly accountId: string;
  readonly status: "COMPLETED";
  readonly results: {
    /** This and the next, only when the job had the language identified. */
    readonly language_code?: string;
    readonly language_identification?: readonly { readonly score: string; readonly code: string }[];
    readonly transcripts: readonly [{ readonly transcript: string }];
    readonly items: readonly Item[];
    readonly audio_segments: readonly {
      readonly id: number;
      readonly transcript: string;
      readonly start_time: string;
      readonly end_time: string;
      /** Ids of the segment's items. */
      readonly items: readonly number[];
    }[];
  };
}

/** https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html#how-output */
export function transcriptDocument(
  job: { readonly name: string; readonly accountId: string; readonly identifyLanguage: boolean },
  heard: Heard,
): TranscriptDocument {
  const items: Item[] = [];
  const segments = heard.segments.map((words, id) => {
    const first = items.length;
    for (const word of words) items.push(...wordItems(word, items.length));
    return {
      id,
      transcript: words.map(({ content, punctuation = "" }) => content + punctuation).join(" "),
      start_time: decimal(words[0]?.start ?? 0),
      end_time: decimal(words.at(-1)?.end ?? 0),
      items: items.slice(first).map((item) => item.id),
    };
  });
  return {
    jobName: job.name,
    accountId: job.accountId,
    status: "COMPLETED",
    results: {
      ...(job.identifyLanguage && {
        language_code: heard.language,
        language_identification: [{ score: decimal(heard.languageScore ?? 0), code: heard.language }],
      }),
      transcripts: [{ transcript: segments.map(({ transcript }) => transcript).join(" ") }],
      items,
      audio_segments: segments,
    },
  };
}

function wordItems({ content, confidence, start, end, punctuation }: Word, id: number): Item[] {
  const word: Item = {
    id,
    type: "pronunciation",
    alternatives: [{ confidence: decimal(confidence), content }],
    start_time: decimal(start),
    end_time: decimal(end),
  };
  if (punctuation === undefined) return [word];
  // Transcribe hears no punctuation: no times, no confidence.
  return [
    word,
    { id: id + 1, type: "punctuation", alternatives: [{ confidence: "0.0", content: punctuation }] },
  ];
}

/** At most three digits after the point and at least one: "0.25", "1.0". */
function decimal(value: number): string {
  const rounded = Number(value.toFixed(3));
  return Number.isInteger(rounded) ? rounded.toFixed(1) : String(rounded);
}
