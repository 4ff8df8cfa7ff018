import { styleText } from "node:util";

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
