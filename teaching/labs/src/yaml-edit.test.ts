import { describe, expect, it } from "vitest";
import { applyToYaml, type Path } from "./yaml-edit.ts";

const file = "service.yml";
const text = `functions: # comments stay
  one:
    statements:
      - Sid: Read # why it is there
        Resource: !Sub \${Bucket.Arn}/* # and this
      - Sid: Write
        Resource:  [ a,b ]

  # about two
  two: {a: 1}
plugins:
  - first # one
  - second
`;

const edited = (at: Path, to?: string) => applyToYaml(text, { file, at, to });

describe("an edit of YAML", () => {
  it("changes the value of a key, its tag included, and no other letter", () => {
    const at = ["functions", "one", "statements", { Sid: "Read" }, "Resource"];

    expect(edited(at, "!Ref Bucket")).toBe(text.replace(/!Sub \S+/, "!Ref Bucket"));
  });

  it("puts a value of several lines below its key", () => {
    expect(edited(["functions", "two"], "b: 2\nc: 3\n")).toBe(
      text.replace("two: {a: 1}", "two:\n    b: 2\n    c: 3"),
    );
  });

  it("adds a key behind the others, before the empty line", () => {
    expect(edited(["functions", "one", "package"], "{ patterns: [x] }")).toBe(
      text.replace("[ a,b ]\n", "[ a,b ]\n    package: { patterns: [x] }\n"),
    );
    expect(edited(["more"], "true")).toBe(`${text}more: true\n`);
  });

  it("removes the lines of a list's item, by what it has or by its value", () => {
    expect(edited(["functions", "one", "statements", { Sid: "Write" }])).toBe(
      text.replace("      - Sid: Write\n        Resource:  [ a,b ]\n", ""),
    );
    expect(edited(["plugins", "first"])).toBe(text.replace("  - first # one\n", ""));
  });

  it("removes the lines of a key", () => {
    expect(edited(["functions", "one", "statements", { Sid: "Read" }, "Resource"])).toBe(
      text.replace(/ +Resource: !Sub.*\n/, ""),
    );
  });

  it("is refused where nothing stands, and says how far there is something", () => {
    expect(() => edited(["functions", "one", "statements", { Sid: "Delete" }, "Resource"], "x")).toThrow(
      'service.yml has no functions › one › statements › {"Sid":"Delete"}',
    );
    expect(() => edited(["functions", "three"])).toThrow("service.yml has no functions › three");
    expect(() => edited(["functions", "two", "b"], "1")).toThrow("service.yml has no functions › two › b");
  });
});
