import { diff } from "node:util";
import type { ChangedFile } from "./change.ts";

/** Lines shown before and behind what changed. */
const around = 3;

/** 1 is only before, -1 only after, 0 in both. */
type Entry = readonly [side: number, line: string];

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * What changed, as a unified diff whose hunks name where they are by what stands around them, not by lines: those are
 * others tomorrow.
 */
export function unifiedDiff(files: readonly ChangedFile[]): string {
  return files.map(fileDiff).join("\n");
}

function fileDiff({ file, before, after }: ChangedFile): string {
  const header = [before === undefined ? "--- /dev/null" : `--- ${file}`, `+++ ${file}`];
  const entries: readonly Entry[] =
    before === undefined
      ? linesOf(after).map((line) => [-1, line])
      : (diff(linesOf(before), linesOf(after)) as readonly Entry[]);
  const hunks = rangesOf(entries).map((range) => [
    ...(before === undefined ? [] : [`@@ ${placeOf(file, entries, range)} @@`.replace("  ", " ")]),
    ...entries.slice(range.start, range.end).map(([side, line]) => `${signOf(side)}${line}`.trimEnd()),
  ]);
  return [...header, ...hunks.flat()].join("\n");
}

const linesOf = (text: string) => text.replace(/\n$/, "").split("\n");

const signOf = (side: number) => (side === 0 ? " " : side > 0 ? "-" : "+");

/** Of what changed, with what is around it up to an empty line; ranges that meet are one. */
function rangesOf(entries: readonly Entry[]): Range[] {
  const ranges: { start: number; end: number }[] = [];
  for (const [index, [side]] of entries.entries()) {
    if (side === 0) continue;
    const [start, end] = [index - extent(entries, index, -1), index + extent(entries, index, 1) + 1];
    const last = ranges.at(-1);
    if (last !== undefined && start <= last.end) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges;
}

/** How many lines are shown beside one, going up (-1) or down. */
function extent(entries: readonly Entry[], from: number, step: 1 | -1): number {
  let count = 0;
  while (count < around && entries[from + step * (count + 1)]?.[1].trim()) count += 1;
  return count;
}

/**
 * What the first change of a hunk is inside of and the hunk does not show: in YAML the keys, outermost first, e.g.
 * `functions.receiveAudio`; in code the declaration.
 */
function placeOf(file: string, entries: readonly Entry[], { start, end }: Range): string {
  const before = entries.slice(0, start).flatMap(([side, line]) => (side >= 0 ? [line] : []));
  if (!/\.ya?ml$/.test(file)) {
    return before.findLast((line) => /^(export |async |function |const |class )/.test(line)) ?? "";
  }
  const shown = entries.slice(start, end);
  const change = shown.findIndex(([side]) => side !== 0);
  let indent = indentOf(shown[change]?.[1] ?? "");
  for (const [, line] of shown.slice(0, change)) indent = Math.min(indent, indentOf(line));
  const place: string[] = [];
  for (const line of before.toReversed()) {
    if (!/^ *[\w"']+:/.test(line) || indentOf(line) >= indent) continue;
    indent = indentOf(line);
    place.unshift(line.trim().replace(/:.*$/, ""));
  }
  return place.join(".");
}

const indentOf = (line: string) => line.length - line.trimStart().length;
