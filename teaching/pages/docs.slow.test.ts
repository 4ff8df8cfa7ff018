import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  commandsToRun,
  elsewhere,
  examplesOf,
  isShown,
  languagesOf,
  normalised,
  pnpmCommands,
  readPages,
  root,
  run,
  syntaxErrors,
} from "./examples.ts";
import { rightsTable } from "./rights-table.ts";

const pages = await readPages();
/** What pnpm takes for a command of its own, where a script has the same name. */
const shadowed = pnpmCommands().filter((command) => !["install", "start", "test"].includes(command));

describe.each(pages.map((page) => [page.name, page] as const))("%s", (name, page) => {
  const { text } = page;

  it("quotes files as they are: a code block that names a file stands in it, line by line", async () => {
    for (const [, file = "", quoted = ""] of text.matchAll(/^```\w+ (\S+\.\S+)\n(.*?)^```$/gms)) {
      expect(await readFile(join(root, file), "utf8")).toContain(quoted);
    }
  });

  it("links to pages that exist, and to their headings", async () => {
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? join(root, name) : join(root, dirname(name), path);
      const isFolder = (await stat(file)).isDirectory();
      if (anchor === undefined || isFolder || !file.endsWith(".md")) continue;
      const prose = (await readFile(file, "utf8")).replaceAll(/^```.*?^```$/gms, "");
      const headings = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => slug(heading));
      expect(headings, target).toContain(anchor);
    }
  });

  it("names only scripts that package.json has, so that pnpm runs them", async () => {
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const known = [...Object.keys(scripts), "install"];
    for (const [, verb, script] of text.matchAll(/\bpnpm(?:@12)? (run )?([a-z][a-z:]*)/g)) {
      expect(known).toContain(script);
      if (verb === undefined) expect(shadowed, "write pnpm run").not.toContain(script);
    }
  });

  it("has its commands in blocks of sh, where they are found", () => {
    const known = ["sh", "text", "yaml", "ts", "diff", "json", "ini", "mermaid"];
    for (const language of languagesOf(page)) expect(known).toContain(language);
  });

  it("shows what its commands print, in the order in which they stand there", async () => {
    for (const example of examplesOf(page)) {
      const commands = commandsToRun(example);
      if (commands.length === 0) continue;
      const { output } = example;
      const { printed, failed } = await run(commands);
      if (!output) expect.soft(failed).toEqual([]);
      else if (!isShown(output.text, printed)) {
        expect.soft(normalised(printed), commands.join("; ")).toBe(normalised(output.text));
      }
    }
  }, 300_000);

  it("writes what is not run here as its programs take it", async () => {
    const left = examplesOf(page).flatMap((example) => {
      const toRun = new Set(commandsToRun(example));
      return example.commands.filter((command) => !toRun.has(command));
    });
    for (const command of left) expect.soft(await syntaxErrors(command), command).toEqual([]);
  });

  it("names only options that its commands have", async () => {
    const prose = text.replaceAll(/^```.*?^```$/gms, "");
    const inline = [...prose.matchAll(/`(pnpm [^`…]*--[^`]*)`/g)].map(([, command = ""]) => command);
    for (const command of inline) expect.soft(await syntaxErrors(command), command).toEqual([]);
  });
});

it("leaves no command out for a reason that is gone", () => {
  const commands = pages.flatMap(examplesOf).flatMap((example) => example.commands);

  for (const { command } of elsewhere) {
    expect(
      commands.some((line) => command.test(line)),
      `${command}`,
    ).toBe(true);
  }
});

it("README quotes serverless.yml, a handler and its test", () => {
  const readme = pages.find(({ name }) => name === "README.md")?.text ?? "";
  const quoted = [...readme.matchAll(/^```\w+ (\S+\.\S+)$/gm)].map(([, file]) => file);

  expect(quoted).toEqual([
    "serverless.yml",
    "packages/upload/src/receive-audio.ts",
    "packages/upload/src/receive-audio.test.ts",
  ]);
});

it("docs/deploying.md has the table of the rights as it is in the commands", () => {
  expect(pages.find(({ name }) => name === "docs/deploying.md")?.text).toContain(rightsTable());
});

it("tells of the blast radius what is counted", async () => {
  const rows = (text = "") => text.split("\n").filter((line) => /^\| .*role(\*\*)? \| \d/.test(line));
  const [told, counted] = ["docs/how-permissions-work.md", "docs/permissions.md"].map((name) =>
    rows(pages.find((page) => page.name === name)?.text),
  );

  expect(told).toHaveLength(3);
  expect(counted).toEqual(expect.arrayContaining(told ?? []));
});

/** A heading's anchor, as GitHub makes it. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
