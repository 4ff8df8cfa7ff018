import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const pages = ["README.md", ...(await readdir(join(root, "docs"))).map((name) => `docs/${name}`)];
const texts = new Map(
  await Promise.all(pages.map(async (page) => [page, await readFile(join(root, page), "utf8")] as const)),
);

describe.each([...texts])("%s", (page, text) => {
  it("quotes files as they are: a code block that names a file stands in it, line by line", async () => {
    for (const [, file = "", quoted = ""] of text.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)) {
      expect(await readFile(join(root, file), "utf8")).toContain(quoted);
    }
  });

  it("links to pages that exist", async () => {
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      await expect(readFile(join(root, dirname(page), target))).resolves.toBeDefined();
    }
  });

  it("names only scripts that package.json has", async () => {
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const known = [...Object.keys(scripts), "install"];
    for (const [, script] of text.matchAll(/\bpnpm(?:@12)? ([a-z][a-z:]*)/g)) expect(known).toContain(script);
  });
});

it("README quotes serverless.yml, a handler and its test", () => {
  const quoted = [...(texts.get("README.md") ?? "").matchAll(/^```\w+ (\S+)$/gm)].map(([, file]) => file);

  expect(quoted).toEqual([
    "serverless.yml",
    "packages/upload/src/receive-audio.ts",
    "packages/upload/src/receive-audio.test.ts",
  ]);
});
