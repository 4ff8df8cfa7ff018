import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { applyChanges } from "./change.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "changes-test-"));
  await writeFile(join(root, "x.ts"), "one(); two(); two();\n");
});
afterEach(() => rm(root, { recursive: true, force: true }));

it("several changes of a file are one changed file", async () => {
  const changes = [
    { file: "x.ts", replace: "one", by: "three" },
    { file: "x.ts", replace: "three", by: "four" },
    { file: "new/y.ts", content: "y();\n" },
  ];

  const changed = await applyChanges(root, changes);

  expect(changed.map(({ file }) => file)).toEqual(["x.ts", "new/y.ts"]);
  expect(await readFile(join(root, "x.ts"), "utf8")).toBe("four(); two(); two();\n");
  expect(await readFile(join(root, "new", "y.ts"), "utf8")).toBe("y();\n");
});

it.each(["five", "two"])("a text that is not there exactly once is refused: %s", async (replace) => {
  await expect(applyChanges(root, [{ file: "x.ts", replace, by: "" }])).rejects.toThrow(
    "x.ts has not exactly once what the lab replaces",
  );
});
