import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeFiles } from "./src/project/testing/folder.ts";
import { version3, version4 } from "./src/project/testing/serverless-services.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The folder of somebody else's projects, into which the packed toolkit is installed. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rolecall-package-"));
  const dist = join(folder, "dist");
  await run(process.execPath, [join(here, "build.ts"), dist], here);
  await npm(["pack", dist, "--pack-destination", folder]);
  const [tarball = ""] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
  await rm(dist, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "somebody", private: true }));
  await npm(["install", "--prefer-offline", "--no-audit", "--no-fund", join(folder, tarball)]);
  for (const [name, files] of Object.entries({ shop: version3, album: version4 }))
    await writeFiles(join(folder, name), files);
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    // npm is a script on Windows.
    const shell = process.platform === "win32" && command === "npm";
    execFile(command, args, { cwd, shell }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

async function npm(args: readonly string[]): Promise<void> {
  const { code, stderr } = await run("npm", args, folder);
  if (code !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${stderr}`);
}

/** The installed command, in a project's folder, on Node without a TypeScript loader. */
async function rolecall(project: string, ...args: string[]): Promise<Ended> {
  const manifest = join(folder, "node_modules", "rolecall", "package.json");
  const { bin } = JSON.parse(await readFile(manifest, "utf8"));
  const main = join(folder, "node_modules", "rolecall", bin.rolecall);
  return run(process.execPath, ["--no-strip-types", main, ...args], join(folder, project));
}

describe("the packed toolkit, installed by npm into a foreign project", () => {
  it("says which package it took, and reports every function with the lines of its rights", async () => {
    const { code, stdout, stderr } = await rolecall("shop", "report");

    expect(stderr.trim()).toBe(
      "Reading .serverless/cloudformation-template-update-stack.json, as it was packaged last.",
    );
    expect(stdout).toMatch(/^place-order +serverless\.yml:25$/m);
    expect(stdout).toMatch(/Publish +Allow sns:Publish/);
    expect(code).toBe(0);
  });

  it("explains what is allowed and what is denied", async () => {
    const allowed = await rolecall("album", "explain", "store", "s3:PutObject", "photos/one.jpg");
    const denied = await rolecall("album", "explain", "store", "s3:GetObject", "photos/one.jpg");

    expect([allowed.code, allowed.stdout]).toEqual([0, expect.stringContaining("StorePhotos")]);
    expect([denied.code, denied.stdout]).toEqual([1, expect.stringMatching(/^✘ denied/)]);
  });

  it("finds a URL that is open to everybody, and says so of its function alone", async () => {
    const open = expect.stringContaining("ShowLambdaFunctionUrl");

    expect(await rolecall("album", "lint", "show")).toMatchObject({ code: 1, stdout: open });
    expect((await rolecall("album", "lint", "store")).stdout).not.toEqual(open);
  });

  it("brings along every file that it starts or serves", async () => {
    const installed = join(folder, "node_modules", "rolecall");
    const scripts = (await readdir(installed, { recursive: true })).filter(
      (file) => file.endsWith(".js") && !file.includes("node_modules"),
    );
    const named: string[] = [];
    for (const script of scripts) {
      const text = await readFile(join(installed, script), "utf8");
      for (const [, file = ""] of text.matchAll(/new URL\("(\w[^"]*)", import\.meta\.url\)/g))
        named.push(join(installed, dirname(script), file));
    }

    expect(named.length).toBeGreaterThanOrEqual(3);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("helps, and exits 0", async () => {
    expect(await rolecall("album", "--help")).toMatchObject({ code: 0, stderr: "" });
    expect(await rolecall("album", "report", "--help")).toMatchObject({ code: 0, stderr: "" });
  });

  it("has nothing of tests, of workspaces or of TypeScript's sources in it", async () => {
    const installed = join(folder, "node_modules", "rolecall");
    const files = (await readdir(installed, { recursive: true })).filter(
      (name) => !name.startsWith("node_modules"),
    );
    const { dependencies, devDependencies } = JSON.parse(
      await readFile(join(installed, "package.json"), "utf8"),
    );

    expect(
      files.filter((name) => /\.test\.|fixtures|testing/.test(name) || /(?<!\.d)\.ts$/.test(name)),
    ).toEqual([]);
    expect(devDependencies).toBeUndefined();
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+/);
  });
});
