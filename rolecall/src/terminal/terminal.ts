import { stripVTControlCharacters, styleText } from "node:util";
import { plain, plainLines } from "./escape.ts";

type Style = Parameters<typeof styleText>[0];

/** Text for standard error, coloured only where that is a terminal; `styleText` by itself looks at standard output. */
export const onStderr = (style: Style, text: string) =>
  styleText(style, plain(text), { stream: process.stderr });

/** Text, or text in a colour. */
export type Word = string | readonly [style: Style, text: string];

/**
 * Writes one line to standard error: the words with spaces between them, with control characters escaped. Their text
 * may come from a request that nobody has checked; it can neither begin a line of its own nor command the terminal.
 */
export function tell(...words: readonly Word[]): void {
  const line = words.map((word) => (typeof word === "string" ? plain(word) : onStderr(...word))).join(" ");
  process.stderr.write(`${line}\n`);
}

/** Writes a text of several lines to standard error, the frames of an error's stack on lines of their own. */
export function tellError(text: string): void {
  for (const line of text.split(/\n(?= {4}at )/)) tell(line);
}

/** Writes a report or JSON to standard output, coloured as it is, with all other control characters escaped. */
export function print(text: string): void {
  process.stdout.write(`${plainLines(text)}\n`);
}

/** Says on standard error what went wrong. */
export function complain(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${onStderr("red", "✘")} ${plainLines(message)}\n`);
}

/** Whoever stops reading, as head does, must not break off the clean-up. For commands; once. */
export function ignoreClosedOutput(): void {
  process.stdout.on("error", () => {});
}

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

export const indented = (lines: readonly string[]): string => lines.map((line) => `   ${line}`).join("\n");

/** Says on a terminal what takes a while. @returns Wipes it away again. */
export function progress(text: string): () => void {
  if (!process.stderr.isTTY) return () => {};
  process.stderr.write(onStderr("dim", text));
  return () => process.stderr.write("\r\x1b[K");
}
