import { expect, it } from "vitest";
import { drawLineChart } from "./line-chart.ts";

const chart = drawLineChart({
  file: "chart.svg",
  title: "Rise & fall",
  xLabel: "s",
  series: [
    {
      label: "up",
      points: [
        [0, 0],
        [10, 100],
      ],
    },
    { label: "many", points: Array.from({ length: 5000 }, (_, x) => [x / 500, 50] as const) },
  ],
});

it("draws every line to one scale, from nought, and its numbers beside it", () => {
  const lines = [...chart.matchAll(/<path d="M([\d. L]+)" class="line line-\d"/g)].map(
    ([, points]) => points,
  );

  expect(lines[0]).toBe("60 290L700 60");
  expect(lines[1]?.split("L")[0]).toBe("60 175");
  for (const text of ["0", "100", "10 s", "up", "many"]) expect(chart).toContain(`>${text}</text>`);
});

it("leaves out points that nobody would see, but not the last", () => {
  const [, line = ""] = /<path d="M([\d. L]+)" class="line line-1"/.exec(chart) ?? [];

  expect(line.split("L").length).toBeLessThan(350);
  expect(line).toMatch(/L699\.9 175$/);
});

it("says what it shows", () => {
  expect(chart).toContain('aria-label="Rise &amp; fall"');
});
