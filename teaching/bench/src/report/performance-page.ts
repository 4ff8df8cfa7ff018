import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, Report, Table } from "../bench.ts";
import { drawBarChart } from "./bar-chart.ts";
import { drawLineChart } from "./line-chart.ts";

/**
 * Puts what was measured into docs/performance.md, between the marks of each bench, and draws its charts beside it. The words
 * around the marks are written by hand.
 *
 * @param docs the folder of the page.
 * @throws Error when the page has no marks for a bench.
 */
export async function writePage(
  docs: string,
  reports: readonly (readonly [Pick<Bench, "name">, Report])[],
): Promise<void> {
  const file = join(docs, "performance.md");
  for (const [{ name }, report] of reports) {
    await writeFile(file, withFigures(await readFile(file, "utf8"), name, report));
    for (const chart of report.charts) {
      await writeFile(join(docs, chart.file), "series" in chart ? drawLineChart(chart) : drawBarChart(chart));
    }
  }
}

/** @throws Error when the page has no marks for the bench. */
export function withFigures(page: string, name: string, { conditions, charts, tables }: Report): string {
  const [begin, end] = [`<!-- figures of ${name} -->\n`, `<!-- end of figures of ${name} -->`];
  const [before, rest] = page.split(begin, 2);
  const after = rest?.slice(rest.indexOf(end));
  if (before === undefined || !after?.startsWith(end)) {
    throw new Error(`The page has no place for ${name}: put "${begin.trim()}" and "${end}" where it goes.`);
  }
  const parts = [
    `Measured with ${conditions}.`,
    ...charts.map(({ title, file }) => `![${title}](${file})`),
    ...tables.map((table) => `${table.caption}:\n\n${asMarkdown(table)}`),
  ];
  return `${before}${begin}\n${parts.join("\n\n")}\n\n${after}`;
}

function asMarkdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns),
    line(columns.map((_, index) => (index === 0 ? "---" : "---:"))),
    ...rows.map(line),
  ].join("\n");
}
