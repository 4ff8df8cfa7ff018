import { readdir, readFile, realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import type { BuildOptions, Plugin } from "esbuild";
import type { FunctionEntry } from "../function/functions.ts";
import { type Bundle, bundleFunction, fastZipSize } from "./bundle.ts";

/** What is not of this repository is loaded from node_modules, where it lies. */
const external: Plugin = {
  name: "external-packages",
  setup(build) {
    build.onResolve({ filter: /^[@a-z]/ }, ({ path, importer, kind }) => {
      if (kind === "entry-point" || path.startsWith("@voice-notes/")) return undefined;
      return { path: createRequire(importer).resolve(path), external: true };
    });
  },
};

const settings: BuildOptions = { bundle: true, platform: "node", target: "node24", plugins: [external] };

/** A function that is not bundled: its own few files made one, the SDK and Powertools left in node_modules. */
export async function unbundledFunction(root: string, entry: FunctionEntry, into: string): Promise<Bundle> {
  const { file, zipSize: own } = await bundleFunction(root, entry, settings, into);
  const packages = [
    ...(await dependenciesOf(join(root, dirname(dirname(entry.source))))),
    ...(await dependenciesOf(join(root, "packages", "core"))),
  ];
  return { file, zipSize: own + (await zippedSize(new Set(packages))) };
}

/** The folders of all packages that a package needs to run, but this repository's. */
async function dependenciesOf(folder: string, found = new Set<string>()): Promise<Set<string>> {
  const { dependencies = {} } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) {
    if (name.startsWith("@voice-notes/")) continue;
    const dependency = await installed(folder, name);
    if (found.has(dependency)) continue;
    found.add(dependency);
    await dependenciesOf(dependency, found);
  }
  return found;
}

/** As Node looks for it: in the node_modules of the folder, or of the next above it that has the package. */
async function installed(folder: string, name: string): Promise<string> {
  for (let above = folder; ; above = dirname(above)) {
    const found = await realpath(join(above, "node_modules", name)).catch(() => undefined);
    if (found) return found;
    if (above === dirname(above))
      throw new Error(`${name}, which ${folder} needs, is not installed: pnpm install`);
  }
}

const zippedSizes = new Map<string, Promise<number>>();

async function zippedSize(folders: Iterable<string>): Promise<number> {
  const sizes = [...folders].map((folder) => {
    const size = zippedSizes.get(folder) ?? sizeOfFolder(folder);
    zippedSizes.set(folder, size);
    return size;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Of all that a package came with, types and other module formats too, as an install leaves it. */
async function sizeOfFolder(folder: string): Promise<number> {
  let size = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    const path = join("node_modules", relative(join(folder, "..", ".."), file));
    size += fastZipSize({ [path]: await readFile(file) });
  }
  return size;
}
