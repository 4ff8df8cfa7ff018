import { describe, expect, it } from "vitest";
import { unifiedDiff } from "./diff.ts";

describe("a diff", () => {
  it("names where in YAML it is by the keys around it, and ends at an empty line", () => {
    const before = "a:\n  b:\n    c: 1\n    d:\n      - e: 2\n        f: 3\n\n  g: 4\n";

    expect(unifiedDiff([{ file: "x.yml", before, after: before.replace("3", "5") }])).toBe(
      "--- x.yml\n+++ x.yml\n@@ a.b @@\n     c: 1\n     d:\n       - e: 2\n-        f: 3\n+        f: 5",
    );
  });

  it("names where in code it is by the declaration before it", () => {
    const before = "const a = 1;\n\nfunction f() {\n  one();\n  two();\n  three();\n  four();\n}\n";

    expect(unifiedDiff([{ file: "x.ts", before, after: before.replace("  four();\n", "") }])).toBe(
      "--- x.ts\n+++ x.ts\n@@ function f() { @@\n   one();\n   two();\n   three();\n-  four();\n }",
    );
  });

  it("shows a new file as one that there was not", () => {
    expect(unifiedDiff([{ file: ".env", before: undefined, after: "A=1\n" }])).toBe(
      "--- /dev/null\n+++ .env\n+A=1",
    );
  });
});
