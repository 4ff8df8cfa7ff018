import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { LabRun } from "./run-lab.ts";
import type { Outcome } from "./run-labs.ts";

/** What a lab's page tells, as plain text. */
export interface Page {
  readonly title: string;
  readonly why: string;
  readonly cure: string;
}

/** Relative to the folder of serverless.yml, with slashes. */
export const pagePath = (name: string) => `docs/mistakes/${name}.md`;

/** @throws Error that names the page, and what it lacks. */
export async function readPage(root: string, name: string): Promise<Page> {
  const file = pagePath(name);
  const text = await readFile(join(root, file), "utf8").catch(() => {
    throw new Error(`${file} is missing: each lab has a page.`);
  });
  const part = (pattern: RegExp, what: string) => {
    const [, found] = pattern.exec(text) ?? [];
    if (found === undefined) throw new Error(`${file} has no ${what}.`);
    return plain(found.trim());
  };
  return {
    title: part(/^# (.+)$/m, "title"),
    why: part(/^## Why\n(.*?)^## /ms, "section Why"),
    cure: part(/^## Cure\n(.*?)^## /ms, "section Cure"),
  };
}

/** Without Markdown's links and backquotes. */
function plain(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1").replaceAll("`", "");
}

/**
 * Puts what a lab printed into its page.
 *
 * @throws Error of a lab that did not show as it should, or when the page has no place for it; the page stays as it is
 */
export async function writePage(root: string, name: string, outcome: Outcome): Promise<void> {
  if (outcome instanceof Error) throw outcome;
  const file = join(root, pagePath(name));
  await writeFile(file, withOutput(await readFile(file, "utf8"), outcome));
}

/**
 * A page with what the lab printed: the mistake in its `diff` block, what one reads in its first `text` block, what the
 * tools say in its second.
 *
 * @throws Error when it has not those blocks
 */
export function withOutput(page: string, { diff, symptom, tools }: LabRun): string {
  const said = tools.map(({ command, text }) => `${command}\n\n${text}`).join("\n\n");
  const withDiff = filled(page, "diff", [diff]);
  return filled(withDiff, "text", [symptom, ...(said === "" ? [] : [said])]);
}

function filled(page: string, language: string, contents: readonly string[]): string {
  const rest = contents.map((content) => steady(content));
  const missing = rest.length;
  const blocks = [...page.matchAll(blockOf(language))].length;
  if (blocks !== missing) {
    throw new Error(`The page has ${blocks} blocks of ${language}, and its lab fills ${missing}.`);
  }
  return page.replaceAll(blockOf(language), () => `\`\`\`${language}\n${rest.shift()}\n\`\`\``);
}

const blockOf = (language: string) => new RegExp(`^\`\`\`${language}\\n.*?^\`\`\`$`, "gms");

/** As it is each time: without colours, and with the same ids, times and no lines of files. */
function steady(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "01900000-0000-7000-8000-000000000000")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-01-01T00:00:00.000Z")
    .replaceAll(/(\.(?:ya?ml|ts|js)):\d+/g, "$1")
    .replaceAll(/[ \t]+$/gm, "");
}
