import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, realpath, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { atExit } from "../../../rolecall/src/terminal/at-exit.ts";
import { applyChanges } from "./change.ts";
import type { Lab } from "./lab.ts";

/** What is packaged, and what packaging reads. */
const copied = [
  "serverless.yml",
  "package.json",
  "pnpm-workspace.yaml",
  "tsconfig.json",
  "packages",
  "resources",
];

const ownModules = fileURLToPath(new URL("../node_modules", import.meta.url));

/** A copy of the service that may be changed. */
export interface Scratch extends AsyncDisposable {
  /** The folder of its serverless.yml. */
  readonly root: string;
}

/**
 * Copies the service into a temporary folder, where it packages like the original. Removed when it is disposed of, and
 * when this process ends.
 *
 * @param root The folder of serverless.yml.
 */
export async function createScratch(root: string, dependencies: Lab["dependencies"] = {}): Promise<Scratch> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "lab-")));
  const forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const scratch = {
    root: folder,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
      forget();
    },
  };
  try {
    const isWanted = (path: string) => basename(path) !== "node_modules" && !path.endsWith(".test.ts");
    for (const name of copied) {
      await cp(join(root, name), join(folder, name), { recursive: true, filter: isWanted });
    }
    await linkModules(await realpath(root), folder, ["packages"]);
    await shareCompiled(root, folder);
    for (const [user, names] of Object.entries(dependencies)) {
      for (const name of names) {
        await link(await realpath(join(ownModules, name)), join(folder, user, "node_modules", name));
      }
    }
    return scratch;
  } catch (error) {
    await scratch[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Has a copy packaged with these zips instead of bundling the same code once more, which is most of what packaging
 * takes.
 *
 * @param packaged The folder of a package made of that code.
 */
export async function reuseBundles({ root }: Scratch, packaged: string): Promise<void> {
  const zips = (await readdir(packaged)).filter((name) => name.endsWith(".zip"));
  for (const zip of zips) await cp(join(packaged, zip), join(root, "bundled", zip));
  await cp(fileURLToPath(new URL("as-bundled.cjs", import.meta.url)), join(root, "as-bundled.cjs"));
  // In the same line, so that what is said of the lines below stays true.
  const plugin = { file: "serverless.yml", replace: "- serverless-esbuild\n", by: "- ./as-bundled.cjs\n" };
  await applyChanges(root, [plugin]);
}

/** Lets the framework start in a copy as quickly as where it was compiled before. */
async function shareCompiled(root: string, scratch: string): Promise<void> {
  const compiled = join(root, "node_modules", ".cache", "compile");
  await mkdir(compiled, { recursive: true });
  await link(await realpath(compiled), join(scratch, "node_modules", ".cache", "compile"));
}

/**
 * Gives a copy what was installed for the original: links to the same folders, but to its own packages where the
 * original has links to those. Its folder node_modules is its own, because caches and locks are kept there.
 *
 * @param root Without links in its own path.
 * @param houses The folders whose folders are packages, e.g. `packages`.
 */
export async function linkModules(root: string, scratch: string, houses: readonly string[]): Promise<void> {
  const users = await Promise.all(
    houses.map(async (house) => (await readdir(join(root, house))).map((name) => join(house, name))),
  );
  for (const user of ["", ...houses, ...users.flat()]) {
    for (const name of await moduleNames(join(root, user, "node_modules"))) {
      const target = await realpath(join(root, user, "node_modules", name));
      const isOurs = houses.some((house) => `${target}${sep}`.startsWith(join(root, house) + sep));
      await link(
        isOurs ? join(scratch, relative(root, target)) : target,
        join(scratch, user, "node_modules", name),
      );
    }
  }
}

/** E.g. `esbuild`, `@types/node`; none where nothing is installed. */
async function moduleNames(folder: string): Promise<string[]> {
  if (!(await isFolder(folder))) return [];
  const names = (await readdir(folder)).filter((name) => !name.startsWith("."));
  const scoped = await Promise.all(
    names
      .filter((name) => name.startsWith("@"))
      .map(async (scope) => (await readdir(join(folder, scope))).map((name) => join(scope, name))),
  );
  return [...names.filter((name) => !name.startsWith("@")), ...scoped.flat()];
}

/** A junction, where links to folders are none that everybody may make. */
async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path, "junction");
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
