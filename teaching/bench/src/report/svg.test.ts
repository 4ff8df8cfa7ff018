import { expect, it } from "vitest";
import { drawBarChart } from "./bar-chart.ts";
import { drawLineChart } from "./line-chart.ts";

it.each([
  ["bars", drawBarChart({ file: "", title: "", groups: [] })],
  ["lines", drawLineChart({ file: "", title: "", xLabel: "", series: [{ label: "", points: [[1, 1]] }] })],
])(
  "%s: text stands out from the ground that the drawing brings along, on a light system and on a dark one",
  (_, svg) => {
    const [light = "", dark = ""] = svg.split("@media (prefers-color-scheme: dark)");
    const contrast = (styles: string) =>
      Math.abs(
        lightness(/\.ground \{ fill: (#\w+)/, styles) - lightness(/^ *text \{.*fill: (#\w+)/m, styles),
      );

    expect(contrast(light)).toBeGreaterThan(0.7);
    expect(contrast(dark)).toBeGreaterThan(0.7);
    expect(svg).toContain('class="ground"');
  },
);

/** From 0, black, to 1, white: roughly. */
function lightness(pattern: RegExp, styles: string): number {
  const [, colour = ""] = pattern.exec(styles) ?? [];
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return channels.reduce((sum, channel) => sum + channel, 0) / (3 * 255);
}
