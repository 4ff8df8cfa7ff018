import type { Source } from "../../stack/source/sources.ts";

/** Characters a line at a terminal. */
export const width = 100;

/** Joins pieces with blanks, and begins a new line where one would be longer than `room`. */
export function wrap(pieces: readonly string[], room: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const longer = `${lines.at(-1)} ${piece}`;
    if (lines.length > 0 && longer.length <= room) lines[lines.length - 1] = longer;
    else lines.push(piece);
  }
  return lines;
}

/** `FILE:LINE`, as editors and terminals open it. */
export function place(source: Source | undefined): string {
  return source === undefined ? "by the framework" : `${source.file}:${source.line}`;
}
