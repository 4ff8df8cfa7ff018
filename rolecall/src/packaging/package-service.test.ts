import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packageService } from "./package-service.ts";

/** In the place of the framework: packages nothing but what serverless.yml says. */
const framework = `
const { copyFileSync, mkdirSync } = require("node:fs");
const into = process.argv[process.argv.indexOf("--package") + 1];
mkdirSync(into, { recursive: true });
copyFileSync("serverless.yml", into + "/template");
`;
const place = { stage: "dev", region: "us-east-1" };

let root: string;
let packagings = 0;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "package-service-test-"));
  packagings = 0;
  await write("package.json", "{}");
  await write("serverless.yml", "first");
  await write("node_modules/osls/package.json", "{}");
  await write("node_modules/osls/bin/serverless.js", framework);
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function write(path: string, text: string) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

const onPackaging = () => {
  packagings += 1;
};
const packaged = () => packageService({ root, ...place, onPackaging });
const templateOf = (folder: string) => readFile(join(folder, "template"), "utf8");
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe("the service", () => {
  it("is packaged once, as long as nothing changes but tests", async () => {
    const first = await packaged();
    await write("packages/core/src/one.test.ts", "");

    expect(await packaged()).toBe(first);
    expect(packagings).toBe(1);
  });

  it.each(["serverless.yml", "pnpm-lock.yaml", "packages/core/src/one.ts", "resources/one.yml"])(
    "is packaged anew when %s changes, and found again when it changes back",
    async (path) => {
      await write(path, "first");
      const first = await packaged();
      await write(path, "second");
      const second = await packaged();
      await write(path, "first");

      expect(second).not.toBe(first);
      expect(await packaged()).toBe(first);
      expect(packagings).toBe(2);
    },
  );

  it("stays where it is for an hour after it was last asked for, as somebody may still read it", async () => {
    const first = await packaged();
    await utimes(first, minutesAgo(50), minutesAgo(50));
    await write("serverless.yml", "second");
    await packaged();

    expect(await templateOf(first)).toBe("first");

    await write("serverless.yml", "first");
    await packaged();
    expect((await stat(first)).mtimeMs).toBeGreaterThan(minutesAgo(1).getTime());
  });

  it("is removed when it is older and another takes its place, but not for another stage's", async () => {
    const first = await packaged();
    const other = await packageService({ root, ...place, stage: "prod" });
    for (const folder of [first, other]) await utimes(folder, minutesAgo(70), minutesAgo(70));
    await write("serverless.yml", "second");
    const second = await packaged();

    expect((await readdir(dirname(first))).sort()).toEqual(
      [other, second].map((path) => basename(path)).sort(),
    );
  });
});
