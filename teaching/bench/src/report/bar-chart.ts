import { drawing, escapeXml } from "./svg.ts";

/** Horizontal bars in groups, all to one scale that begins at nought. */
export interface BarChart {
  /** Of its SVG in docs/. */
  readonly file: string;
  /** What it shows, for its heading and for those who cannot see it. */
  readonly title: string;
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[];
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The value as written beside the bar. */
  readonly text: string;
}

const width = 720;
const labelWidth = 230;
const textWidth = 60;
const barHeight = 16;
const rowHeight = 20;
const headingHeight = 28;

/** @returns SVG. */
export function drawBarChart({ title, groups }: BarChart): string {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const scale = (width - labelWidth - textWidth) / most;
  const shapes: string[] = [];
  let y = 4;
  const write = (x: number, text: string, style: string) =>
    shapes.push(`<text x="${x}" y="${y + 12}" class="${style}">${escapeXml(text)}</text>`);
  write(0, title, "title");
  for (const { label, bars } of groups) {
    y += headingHeight;
    write(0, label, "group");
    for (const [index, { label: barLabel, value, text }] of bars.entries()) {
      y += rowHeight;
      const length = Math.round(value * scale);
      write(12, barLabel, "label");
      shapes.push(
        `<rect x="${labelWidth}" y="${y}" width="${length}" height="${barHeight}" rx="2" class="bar-${index}"/>`,
      );
      write(labelWidth + length + 6, text, "label");
    }
  }
  return drawing({
    title,
    width,
    height: y + rowHeight,
    styles: `.title, .group { font-weight: 600 }
.bar-0 { fill: #afb8c1 } .bar-1 { fill: #6cb0f5 } .bar-2 { fill: #0969da } .bar-3 { fill: #0a3069 }`,
    darkStyles:
      "  .bar-0 { fill: #59636e } .bar-1 { fill: #1f5fa8 } .bar-2 { fill: #4493f8 } .bar-3 { fill: #a5d0ff }",
    shapes,
  });
}
