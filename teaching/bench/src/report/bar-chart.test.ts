import { expect, it } from "vitest";
import { drawBarChart } from "./bar-chart.ts";

const chart = drawBarChart({
  file: "chart.svg",
  title: 'Fish & "chips" < 2',
  groups: [
    {
      label: "one",
      bars: [
        { label: "all", value: 2, text: "2.00" },
        { label: "half", value: 1, text: "1.00" },
      ],
    },
    { label: "two", bars: [{ label: "none", value: 0, text: "0.00" }] },
  ],
});

it("draws every bar to one scale, from nought", () => {
  const [all, half, none] = [...chart.matchAll(/<rect [^>]*width="(\d+)"/g)].map(([, width]) =>
    Number(width),
  );

  expect(all).toBeGreaterThan(100);
  expect(half).toBe((all ?? 0) / 2);
  expect(none).toBe(0);
});

it("writes what it shows as text, each value with it", () => {
  expect(chart).toContain('aria-label="Fish &amp; &quot;chips&quot; &lt; 2"');
  for (const text of ["one", "all", "2.00", "two", "none"]) expect(chart).toContain(`>${text}</text>`);
});
