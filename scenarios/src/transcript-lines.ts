import type { Recording } from "./recording.ts";

/** The transcript, a segment a line, its times in seconds before it. */
export function transcriptLines({ transcript }: Recording): string[] {
  if (!transcript) return [];
  const segments = transcript.segments.map(
    ({ start, end, text }) => `${start.toFixed(1).padStart(5)}–${end.toFixed(1).padEnd(5)} ${text}`,
  );
  return segments.length > 0 ? segments : [transcript.text];
}
