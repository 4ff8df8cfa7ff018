import { stripVTControlCharacters, styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Text for standard error, coloured only where that is a terminal; `styleText` by itself looks at standard output. */
export const onStderr = (style: Style, text: string) => styleText(style, text, { stream: process.stderr });

/** Says on standard error what went wrong. */
export function complain(error: unknown): void {
  console.error(`${onStderr("red", "✘")} ${error instanceof Error ? error.message : error}`);
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
