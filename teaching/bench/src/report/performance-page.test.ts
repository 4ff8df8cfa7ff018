import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import type { Report } from "../bench.ts";
import { benches } from "../benches.ts";
import { withFigures } from "./performance-page.ts";

const report: Report = {
  conditions: "a machine, 3 rounds",
  tables: [{ caption: "How it was", columns: ["what", "ms"], rows: [["this", "1.0"]] }],
  charts: [{ file: "chart.svg", title: "A chart", groups: [] }],
  data: {},
};
const page = `# Title

Before.

<!-- figures of one -->
old
<!-- end of figures of one -->

Between.

<!-- figures of two -->
<!-- end of figures of two -->
`;

it("puts a bench's figures between its marks, and leaves the words around them and other benches' figures", () => {
  expect(withFigures(page, "one", report)).toBe(`# Title

Before.

<!-- figures of one -->

Measured with a machine, 3 rounds.

![A chart](chart.svg)

How it was:

| what | ms |
| --- | ---: |
| this | 1.0 |

<!-- end of figures of one -->

Between.

<!-- figures of two -->
<!-- end of figures of two -->
`);
});

it("gives the same page when the figures are the same", () => {
  const once = withFigures(page, "one", report);

  expect(withFigures(once, "one", report)).toBe(once);
});

it.each([
  ["no marks", "# Title\n"],
  ["no end", "<!-- figures of one -->\n"],
])("refuses a page with %s for the bench, and says what to write", (_, broken) => {
  expect(() => withFigures(broken, "one", report)).toThrow('put "<!-- figures of one -->"');
});

it.each(benches)("the page has a place for the figures of $name", async ({ name }) => {
  const text = await readFile(new URL("../../../../docs/performance.md", import.meta.url), "utf8");

  expect(withFigures(text, name, report)).toContain("Measured with a machine, 3 rounds.");
});
