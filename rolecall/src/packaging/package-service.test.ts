import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { packageService } from "./package-service.ts";
import { slsPackage } from "./sls-package.ts";

/** In the place of the framework: copies serverless.yml, and does what its lines say. */
const framework = `
const { execFileSync } = require("node:child_process");
const { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } = require("node:fs");
const { resolve } = require("node:path");
const into = process.argv[process.argv.indexOf("--package") + 1];
mkdirSync(into, { recursive: true });
copyFileSync("serverless.yml", into + "/template");
const does = {
  file: (path) => existsSync(path) && readFileSync(path),
  folder: (path) => readdirSync(path),
  js: (path) => require(resolve(path)),
  esm: (path) => import(resolve(path)),
  env: (name) => process.env[name],
  run: (command) => execFileSync(process.execPath, ["-p", command]),
  ask: (url) => fetch(url).catch(() => {}),
};
for (const line of readFileSync("serverless.yml", "utf8").split("\\n")) {
  const [verb, what] = line.split(" ");
  does[verb]?.(what);
}
`;
const place = { stage: "dev", region: "us-east-1" };

let root: string;
let packagings = 0;
let reasons: (string | undefined)[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "package-service-test-"));
  packagings = 0;
  reasons = [];
  await write("package.json", "{}");
  await write("serverless.yml", "first");
  await write("node_modules/osls/package.json", "{}");
  await write("node_modules/osls/bin/serverless.js", framework);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

async function write(path: string, text: string) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

const onPackaging = (because?: string) => {
  packagings += 1;
  reasons.push(because);
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

  it.each(["serverless.yml", "pnpm-lock.yaml", "node_modules/.pnpm/lock.yaml"])(
    "is packaged again when %s changes, and found again when it changes back",
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

  it.each([
    ["a file that is read", "file config/grants.json", "config/grants.json", "[]", '["s3:*"]'],
    ["a file outside of the folder", "file ../outside-NAME.yml", "../outside-NAME.yml", "first", "second"],
    ["a script", "js config/grants.cjs", "config/grants.cjs", "", "module.exports = 1"],
    ["an ES module", "esm config/grants.mjs", "config/grants.mjs", "", "export default 1"],
    ["what a script loads", "js config/main.cjs", "config/part.cjs", "", "module.exports = 1"],
    ["what an ES module loads", "esm config/main.mjs", "config/part.mjs", "", "export default 1"],
    ["a file that was not there before", "file .env.dev", ".env.dev", undefined, "A=1"],
    ["the names in a folder", "folder config", "config/new.yml", undefined, ""],
  ])("is packaged again when %s changes", async (_, line, path, before, after) => {
    const named = (text: string) => text.replace("NAME", basename(root));
    await write("serverless.yml", named(line));
    await write("config/main.cjs", 'require("./part.cjs")');
    await write("config/main.mjs", 'import "./part.mjs"');
    if (before !== undefined) await write(named(path), before);
    try {
      const first = await packaged();
      expect(await packaged()).toBe(first);
      await write(named(path), after);
      expect(await packaged()).not.toBe(first);
      expect(packagings).toBe(2);
    } finally {
      if (path.startsWith("..")) await rm(join(root, named(path)));
    }
  });

  it.each([
    ["env TABLE_NAME", "TABLE_NAME"],
    ["js config/env.cjs", "TABLE_NAME"],
    ["js config/all.cjs", "ANY_NAME"],
    ["js config/ci.cjs", "CI"],
  ])("whose %s reads the environment is packaged again when it changes", async (line, name) => {
    await write("serverless.yml", line);
    await write("config/env.cjs", "module.exports = process.env.TABLE_NAME");
    await write("config/all.cjs", "module.exports = { ...process.env }");
    await write("config/ci.cjs", '"CI" in process.env');
    vi.stubEnv(name, "first");
    const first = await packaged();
    expect(await packaged()).toBe(first);
    vi.stubEnv(name, "second");
    expect(await packaged()).not.toBe(first);
    vi.stubEnv(name, "first");
    expect(await packaged()).toBe(first);
    expect(packagings).toBe(2);
  });

  it("does not mind variables that nobody reads", async () => {
    const first = await packaged();
    vi.stubEnv("NOBODY_READS", "this");
    vi.stubEnv("AWS_REGION", "eu-west-1");
    expect(await packaged()).toBe(first);
  });

  it.each([
    ["run 1", "it runs node"],
    ["ask http://127.0.0.1:65000/", "it asks over the network"],
    ["js config/thread.cjs", "it works in another thread"],
  ])("that does %s is packaged again each time, and says why", async (line, because) => {
    await write("serverless.yml", line);
    await write("config/thread.cjs", 'new (require("node:worker_threads").Worker)("1", { eval: true })');
    const first = await packaged();
    expect(await packaged()).not.toBe(first);
    expect(reasons).toEqual([undefined, expect.stringContaining(because)]);
  });

  it("is another one for other parameters", async () => {
    const first = await packaged();
    const other = await packageService({ root, ...place, params: { table: "notes" }, onPackaging });
    expect(other).not.toBe(first);
    expect(await packageService({ root, ...place, params: { table: "notes" }, onPackaging })).toBe(other);
  });

  it("is packaged where the home is not a folder that one may write to", async () => {
    await write("home", "");
    await write("serverless.yml", "js config/home.cjs");
    await write("config/home.cjs", 'require("fs").mkdirSync(require("os").homedir() + "/.serverless")');
    vi.stubEnv("HOME", join(root, "home"));
    vi.stubEnv("USERPROFILE", join(root, "home"));
    expect(await templateOf(await packaged())).toBe("js config/home.cjs");
  });

  it("says for which process it waits", async () => {
    await write("node_modules/.cache/sls-package.lock", String(process.ppid));
    const waiting = Promise.withResolvers<number>();
    const making = slsPackage({ root, ...place, into: join(root, "made"), onWaiting: waiting.resolve });
    expect(await waiting.promise).toBe(process.ppid);
    await rm(join(root, "node_modules/.cache/sls-package.lock"));
    await making;
    expect(await templateOf(join(root, "made"))).toBe("first");
  });

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
      [other, second].flatMap((path) => [basename(path), `${basename(path)}.reads.json`]).sort(),
    );
  });
});
