import colors from "picocolors";
import type { Recording } from "./api.ts";

/** Aligned columns under a heading; the last column is not padded. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((title, column) =>
    Math.max(...[heading, ...rows].map((row) => row[column]?.length ?? 0), title.length),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell)).join("  ");
  return [colors.dim(line(heading)), ...rows.map(line)].join("\n");
}

/** The transcript, a segment a line, its times in seconds before it. */
export function transcriptLines({ transcript }: Recording): string[] {
  if (!transcript) return [];
  const segments = transcript.segments.map(
    ({ start, end, text }) => `${start.toFixed(1).padStart(5)}–${end.toFixed(1).padEnd(5)} ${text}`,
  );
  return segments.length > 0 ? segments : [transcript.text];
}

export const indented = (lines: readonly string[]): string => lines.map((line) => `   ${line}`).join("\n");
