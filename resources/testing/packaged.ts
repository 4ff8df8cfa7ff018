import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inject } from "vitest";

/*
 * Packages the service as `sls package` does, for tests. Each packaging works in a folder of its own, in which the
 * source is linked, so that none disturbs another, or one of a person at the keyboard.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What packaging writes under the root, and what it does not read there. */
const notLinked = new Set([".git", ".serverless", ".esbuild"]);

export interface PackagedAs {
  readonly stage: string;
  readonly region: string;
  /** As in `sls package --param NAME=VALUE`. */
  readonly params?: Readonly<Record<string, string>>;
}

/**
 * Packages once for all test files of a run.
 *
 * @returns The folder with the template, the state and the functions' zips. It is not the caller's to change.
 * @throws Error with what the framework said, when packaging fails.
 */
export async function packaged(as: PackagedAs): Promise<string> {
  const name = createHash("sha256").update(JSON.stringify(as)).digest("hex");
  const answer = join(inject("packagesFolder"), `${name}.json`);
  // Whoever makes the folder packages, and the others wait for its answer.
  const isFirst = await mkdir(join(inject("packagesFolder"), name)).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
  if (isFirst) {
    const made = await packageAnew(as).then(
      (folder) => ({ folder }),
      ({ message }: Error) => ({ message }),
    );
    await writeFile(`${answer}.new`, JSON.stringify(made));
    await rename(`${answer}.new`, answer);
  }
  for (;;) {
    const text = await readFile(answer, "utf8").catch(() => undefined);
    if (text !== undefined) {
      const { folder, message } = JSON.parse(text) as { folder?: string; message?: string };
      if (folder === undefined) throw new Error(message);
      return folder;
    }
    await sleep(50);
  }
}

/**
 * Packages, whatever was packaged before.
 *
 * @returns A folder of its own, which goes when the run ends.
 * @throws Error with what the framework said, when packaging fails.
 */
export async function packageAnew({ stage, region, params = {} }: PackagedAs): Promise<string> {
  const place = await mkdtemp(join(inject("packagesFolder"), "work-"));
  await linkSource(join(place, "source"));
  const home = join(place, "home");
  const temporary = join(place, "tmp");
  for (const folder of [home, temporary]) await mkdir(folder);
  const paramArgs = Object.entries(params).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
  const args = ["package", "--stage", stage, "--region", region, "--package", "../packaged", ...paramArgs];
  const framework = createRequire(import.meta.url).resolve("osls/bin/serverless.js");
  await promisify(execFile)(process.execPath, [framework, ...args], {
    cwd: join(place, "source"),
    env: {
      ...withoutAws(process.env),
      ...{ HOME: home, USERPROFILE: home, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    },
  }).catch((error: Error & { stdout: string; stderr: string }) => {
    throw new Error(`sls ${args.join(" ")} failed:\n${error.stdout}${error.stderr}`);
  });
  return join(place, "packaged");
}

/** Links what the root holds. A file is copied where a link to it would take rights that not everybody has: Windows. */
async function linkSource(place: string): Promise<void> {
  await mkdir(place);
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (notLinked.has(entry.name)) continue;
    const target = join(root, entry.name);
    if (entry.isDirectory()) await symlink(target, join(place, entry.name), "junction");
    else await copyFile(target, join(place, entry.name));
  }
}

/** Nobody's AWS configuration takes part in what is packaged. */
function withoutAws(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    // The framework is thousands of files: compiled once, it starts in half the time.
    NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compile"),
    ...Object.fromEntries(
      Object.entries(environment).filter(([name]) => !/^(AWS|SLS|SERVERLESS)_/i.test(name)),
    ),
  };
}

/** The template in a folder of packages. */
export async function readTemplate(folder: string) {
  const text = await readFile(join(folder, "cloudformation-template-update-stack.json"), "utf8");
  return { text, ...JSON.parse(text) };
}

export async function readState(folder: string) {
  return JSON.parse(await readFile(join(folder, "serverless-state.json"), "utf8"));
}
