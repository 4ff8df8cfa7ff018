import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";

const root = import.meta.dirname;

/** A part may import those above it, and nothing else. */
const order = [
  ["terminal", "what is printed, and how a command ends"],
  ["iam", "parses policies and decides; the words of a denial"],
  ["catalog", "actions, resource types, condition keys, AWS managed policies"],
  ["packaging", "runs the framework, keeps its packages"],
  ["stack", "a template with its values: resources, roles, policies"],
  ["ask", "questions about a stack, and their words"],
  ["gate", "signatures, protocols, and the one place that asks IAM"],
  ["lambda", "functions, their processes, the HTTP API"],
  ["project", "a folder with a template: which framework, what is written where"],
  ["engines", "what serves a call that was let through"],
  ["run", "a stack on this machine"],
  ["proof", "scenarios, and what becomes of them without a right"],
  ["console", "the page"],
  ["config.ts", "what a service tells besides its template"],
  ["cli", "the commands"],
  ["index.ts", "what the package exports"],
] as const;

const rank = new Map<string, number>(order.map(([part], index) => [part, index]));

const isOfTests = /\.test\.ts$|\.cases\.ts$|(^|\/)testing\/|fixtures\.ts$|\/test-[^/]*\.ts$/;

const posix = (path: string): string => path.split(sep).join("/");

/** What each file imports, relative to rolecall/src. */
const imports = new Map(
  globSync("**/*.{ts,mjs,js}", { cwd: root }).map((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const named = [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*"([^"]+)"/g)].map(([, name = ""]) => name);
    const local = named.filter((name) => name.startsWith("."));
    return [
      posix(file),
      {
        packages: named.filter((name) => /^[@a-z]/.test(name) && !name.startsWith("node:")),
        files: local.map((name) => posix(relative(root, join(root, dirname(file), name)))),
      },
    ] as const;
  }),
);

const shipped = [...imports].filter(([file]) => !isOfTests.test(file));

/** What the package says that it needs, and what every test here has. */
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, "..", "package.json"), "utf8"));
const installed = [...Object.keys(dependencies), ...Object.keys(devDependencies), "vitest"];

const partOf = (file: string): string => file.split("/")[0] ?? "";

describe("rolecall", () => {
  it("is read at all: imports are found", () => {
    expect(imports.size).toBeGreaterThan(300);
    expect(imports.get("index.ts")?.files).toContain("iam/evaluate.ts");
  });

  it("has no part without a place in the order", () => {
    const parts = new Set(shipped.map(([file]) => partOf(file)));

    expect([...parts].filter((part) => !rank.has(part))).toEqual([]);
  });

  it("imports one way, from the parts above", () => {
    const against = shipped.flatMap(([file, { files }]) =>
      files
        .filter((other) => (rank.get(partOf(other)) ?? Number.NaN) > (rank.get(partOf(file)) ?? Number.NaN))
        .map((other) => `${file} imports ${other}`),
    );

    expect(against).toEqual([]);
  });

  it("imports nothing outside of itself, in its tests either: no service, no scenario", () => {
    const outside = [...imports].flatMap(([file, { files, packages }]) =>
      [
        ...files.filter((other) => other.startsWith("../")),
        ...packages.filter((name) => !installed.some((one) => name === one || name.startsWith(`${one}/`))),
      ].map((other) => `${file} imports ${other}`),
    );

    expect(outside).toEqual([]);
  });

  it("has no two files that import each other", () => {
    const circles = [...imports].flatMap(([file, { files }]) =>
      files
        .filter((other) => file < other && imports.get(other)?.files.includes(file))
        .map((other) => `${file} and ${other}`),
    );

    expect(circles).toEqual([]);
  });
});
