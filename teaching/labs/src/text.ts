import { styleText } from "node:util";
import { columns } from "rolecall/terminal";
import type { Lab } from "./lab.ts";
import { type Page, pagePath } from "./page.ts";
import type { LabRun } from "./run-lab.ts";

/** A lab for a person at a terminal. */
export function labText({ name }: Lab, { title, why, cure }: Page, { diff, symptom, tools }: LabRun): string {
  const sections: readonly (readonly [heading: string, text: string])[] = [
    ["The mistake", diff.split("\n").map(colouredDiffLine).join("\n")],
    ["What you read", symptom],
    ["Why", why],
    ...tools.map(({ command, text }) => [command, text] as const),
    ["Cure", cure],
  ];
  return [
    styleText("bold", title),
    ...sections.map(([heading, text]) => `${styleText("bold", heading)}\n${indented(text)}`),
    styleText("dim", pagePath(name)),
  ].join("\n\n");
}

/** What labs there are. */
export function listText(pages: ReadonlyMap<string, Page>): string {
  return columns([...pages].map(([name, { title }]) => [name, title])).join("\n");
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

function colouredDiffLine(line: string): string {
  if (/^(---|\+\+\+) /.test(line)) return styleText("bold", line);
  if (line.startsWith("@@")) return styleText("cyan", line);
  if (line.startsWith("-")) return styleText("red", line);
  return line.startsWith("+") ? styleText("green", line) : line;
}
