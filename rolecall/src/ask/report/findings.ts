import { styleText } from "node:util";
import type { Finding } from "../lint/finding.ts";
import { place, width, wrap } from "./lines.ts";

/** What the lint says, for a person at a terminal: each finding with its line and what to write instead. */
export function findingsText(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ rule, severity, subject, message, fix, source, accepted }) => {
    const [name, colour] =
      accepted === undefined ? ([severity, "red"] as const) : (["accepted", "dim"] as const);
    const said = [message, fix, ...(accepted === undefined ? [] : [`Accepted: ${accepted}`])];
    const at = source === undefined ? "" : `  ${styleText("dim", place(source))}`;
    return [
      `  ${styleText(colour, name)} ${rule}: ${subject}${at}`,
      ...said.flatMap((text) => wrap(text.split(" "), width - 4)).map((line) => `    ${line}`),
      "",
    ];
  });
  return [styleText("bold", "Lint"), ...(lines.length > 0 ? lines : ["  no findings", ""])].join("\n");
}
