import { stripVTControlCharacters } from "node:util";
import { onStderr } from "@voice-notes/local-aws";
import type { Recording } from "./api.ts";

/** Pads each column but the last to its widest cell. Colours take no room. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (cell: string) => stripVTControlCharacters(cell).length;
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => width(row[column] ?? ""))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < row.length - 1 ? cell + " ".repeat((widths[column] ?? 0) - width(cell)) : cell,
      )
      .join("  "),
  );
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

/** Says on a terminal what takes a while. @returns Wipes it away again. */
export function progress(text: string): () => void {
  if (!process.stderr.isTTY) return () => {};
  process.stderr.write(onStderr("dim", text));
  return () => process.stderr.write("\r\x1b[K");
}
