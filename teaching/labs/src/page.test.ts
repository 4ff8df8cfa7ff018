import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { pagePath, writePage } from "./page.ts";

async function folderWithPage(text: string) {
  const root = await mkdtemp(join(tmpdir(), "lab-page-"));
  const file = join(root, pagePath("a-lab"));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return {
    root,
    read: () => readFile(file, "utf8"),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

const page = (diff: string, symptom: string) =>
  `\`\`\`diff\n${diff}\n\`\`\`\n\n\`\`\`text\n${symptom}\n\`\`\`\n`;

it("puts what a lab printed into its page", async () => {
  await using folder = await folderWithPage(page("old", "old"));

  await writePage(folder.root, "a-lab", { diff: "+new", symptom: "denied", tools: [] });

  expect(await folder.read()).toBe(page("+new", "denied"));
});

it("leaves the page as it is when the lab failed, and says why", async () => {
  await using folder = await folderWithPage(page("old", "old"));

  await expect(writePage(folder.root, "a-lab", new Error("packaging failed"))).rejects.toThrow(
    "packaging failed",
  );
  expect(await folder.read()).toBe(page("old", "old"));
});
