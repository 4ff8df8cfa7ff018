import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Text for standard error, coloured only where that is a terminal; `styleText` by itself looks at standard output. */
export const onStderr = (style: Style, text: string) => styleText(style, text, { stream: process.stderr });
