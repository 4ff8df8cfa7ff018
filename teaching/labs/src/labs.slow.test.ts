import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "@voice-notes/scenarios";
import { beforeAll, describe, expect, it } from "vitest";
import { labs } from "./labs.ts";
import { pagePath, withOutput } from "./page.ts";
import { runLab } from "./run-lab.ts";
import { type Outcome, runLabs } from "./run-labs.ts";

const names = labs.map(({ name }) => name);
const outcomes = new Map<string, Outcome>();

beforeAll(async () => {
  await runLabs(labs, root, ({ name }, outcome) => outcomes.set(name, outcome));
}, 600_000);

const readText = (file: string) =>
  readFile(join(root, file), "utf8").then((text) => text.replaceAll("\r\n", "\n"));

describe.each(names)("%s", (name) => {
  it("shows as it should, and its page shows what it prints (pnpm lab --write writes it)", async () => {
    const outcome = outcomes.get(name);
    if (outcome === undefined || outcome instanceof Error) throw outcome ?? new Error("It was not run.");
    const page = await readText(pagePath(name));

    expect(page).toBe(withOutput(page, outcome));
  });

  it("is in the list by what one reads, in words that its page has", async () => {
    const list = await readText("docs/mistakes/README.md");
    const page = await readText(pagePath(name));
    const rows = list.split("\n").filter((line) => line.endsWith(`[${name}](${name}.md) |`));

    expect(rows).toHaveLength(1);
    const [read = ""] = rows[0]?.split(" | ") ?? [];
    for (const [, words = ""] of read.matchAll(/`([^`]+)`/g)) expect(page).toContain(words);
  });
});

it("code that cannot be bundled is an error that says where, not a packaging that never ends", async () => {
  const change = { file: "packages/upload/src/parse.ts", content: 'import "./nope.ts";\n' };

  await expect(
    runLab({ name: "nope", changes: [change], shows: { at: "deployment", refusal: /nope/ } }, root),
  ).rejects.toThrow('packages/upload/src/parse.ts:1:7: ERROR: Could not resolve "./nope.ts"');
});

it("every page has a lab", async () => {
  const pages = (await readdir(join(root, "docs", "mistakes"))).filter((file) => file !== "README.md");

  expect(pages.sort()).toEqual(names.map((name) => `${name}.md`).sort());
});
