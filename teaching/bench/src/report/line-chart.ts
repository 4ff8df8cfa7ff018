import { drawing, escapeXml } from "./svg.ts";

/** Lines over one axis that begins at nought, all to one scale that does so too. */
export interface LineChart {
  /** Of its SVG in docs/. */
  readonly file: string;
  /** What it shows, for its heading and for those who cannot see it. */
  readonly title: string;
  /** The unit of x, behind its numbers. */
  readonly xLabel: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly label: string;
  /** x and y, by rising x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

const size = { width: 720, height: 330 };
const plot = { left: 60, right: 700, top: 60, bottom: 290 };

/** A line has no more corners than this: there are no more pixels to see them. */
const mostPoints = 300;

/** @returns SVG. Each line has a dash of its own besides its colour. */
export function drawLineChart({ title, xLabel, series }: LineChart): string {
  const all = series.flatMap(({ points }) => points);
  const xTicks = ticks(Math.max(...all.map(([x]) => x)));
  const yTicks = ticks(Math.max(...all.map(([, y]) => y)));
  const most = { x: Math.max(...all.map(([x]) => x)), y: yTicks.at(-1) ?? 1 };
  const atX = (x: number) => plot.left + ((plot.right - plot.left) * x) / most.x;
  const atY = (y: number) => plot.bottom - ((plot.bottom - plot.top) * y) / most.y;
  const shapes: string[] = [text(0, 16, title, "title")];
  for (const y of yTicks) {
    shapes.push(`<path d="M${plot.left} ${round(atY(y))}H${plot.right}" class="grid"/>`);
    shapes.push(text(plot.left - 8, round(atY(y)) + 4, y.toLocaleString("en-US"), "end"));
  }
  for (const x of xTicks.filter((x) => x <= most.x)) {
    shapes.push(text(round(atX(x)), plot.bottom + 20, x === 0 ? "0" : `${x} ${xLabel}`, "middle"));
  }
  for (const [index, { label, points }] of series.entries()) {
    const line = thinned(points).map(([x, y]) => `${round(atX(x))} ${round(atY(y))}`);
    shapes.push(`<path d="M${line.join("L")}" class="line line-${index}"/>`);
    const x = plot.left + index * 160;
    shapes.push(`<path d="M${x} 38h28" class="line line-${index}"/>`, text(x + 36, 42, label, "label"));
  }
  return drawing({
    title,
    ...size,
    styles: `.title { font-weight: 600 } .end { text-anchor: end } .middle { text-anchor: middle }
.grid { stroke: #d0d7de; fill: none }
.line { fill: none; stroke-width: 2 }
.line-0 { stroke: #6e7781; stroke-dasharray: 2 3 } .line-1 { stroke: #bc4c00 } .line-2 { stroke: #8250df; stroke-dasharray: 7 3 } .line-3 { stroke: #0969da }`,
    darkStyles: `  .grid { stroke: #3d444d }
  .line-0 { stroke: #9198a1 } .line-1 { stroke: #f0883e } .line-2 { stroke: #ab7df8 } .line-3 { stroke: #4493f8 }`,
    shapes,
  });
}

const text = (x: number, y: number, words: string, style: string) =>
  `<text x="${x}" y="${y}" class="${style}">${escapeXml(words)}</text>`;

const round = (value: number) => Math.round(value * 10) / 10;

/** Four to ten round numbers from nought to at least the most. */
function ticks(most: number): number[] {
  const magnitude = 10 ** Math.floor(Math.log10(most / 4));
  const step =
    [1, 2, 5, 10].map((factor) => factor * magnitude).find((each) => most / each <= 8) ?? magnitude;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step);
}

function thinned(points: Series["points"]): Series["points"] {
  const every = Math.ceil(points.length / mostPoints);
  return points.filter((_, index) => index % every === 0 || index === points.length - 1);
}
