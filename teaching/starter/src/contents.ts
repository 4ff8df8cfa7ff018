import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";

/** A file of this repository, by its path from the root, with slashes. */
export type Path = string;

/** What every starter has. A name that ends in a slash is a folder with all that it holds. */
const service = [
  ".editorconfig",
  ".gitattributes",
  ".github/dependabot.yml",
  ".github/workflows/",
  ".gitignore",
  "LICENSE",
  "biome.json",
  "deployer/",
  "docs/openapi.yaml",
  "package.json",
  "packages/",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  "resources/",
  "serverless.yml",
  "tsconfig.json",
  "vitest.config.ts",
];

/** What the toolkit adds, and what it is told of the service. */
const toolkit = [
  "docs/adapting.md",
  "docs/adding-resources.md",
  "docs/console.md",
  "docs/local-run.md",
  "rolecall/",
  "rolecall.config.ts",
  "samples/function-without-keys.json",
  "samples/function-without-keys.wav",
  "scenarios/",
];

/** They compare with what teaches here: all the samples, and whatever nobody waits for. */
const stayBehind = /^scenarios\/src\/samples\.test\.ts$|\.slow\.test\.ts$/;

/** The toolkit is tested here, and a starter's tests are about the starter. What those import comes along. */
const toolkitTests =
  /^rolecall\/(?:.*\.test\.ts|.*\.cases\.ts|.*\/testing\/.*|.*\/fixtures\.ts|.*\/browser\/.*|vitest\..*|.*build\.(?:ts|json))$|^scenarios\/.*\/browser\//;

/**
 * Chooses what of this repository goes into a starter. Tests that import what is not among it stay behind.
 *
 * @param all Every file of the repository.
 * @param read Gives a file's text.
 */
export async function chooseFiles(
  all: readonly Path[],
  { withToolkit, read }: { readonly withToolkit: boolean; readonly read: (path: Path) => Promise<string> },
): Promise<readonly Path[]> {
  const wanted = withToolkit ? [...service, ...toolkit] : service;
  const isWanted = (path: Path) =>
    wanted.some((name) => (name.endsWith("/") ? path.startsWith(name) : path === name));
  const named = all.filter((path) => isWanted(path) && !stayBehind.test(path));
  const helpers = new Set(named.filter((path) => toolkitTests.test(path) && !path.endsWith(".test.ts")));
  let chosen = await withImported(
    named.filter((path) => !toolkitTests.test(path)),
    helpers,
    read,
  );
  // A helper of a test that stays behind may be imported by another one, so until nothing changes any more.
  for (;;) {
    const kept = await keepWhole(chosen, read);
    if (kept.length === chosen.length) return chosen;
    chosen = kept;
  }
}

/** @returns the files, and of the helpers those that the files import, directly or by way of others. */
async function withImported(
  files: readonly Path[],
  helpers: ReadonlySet<Path>,
  read: (path: Path) => Promise<string>,
): Promise<readonly Path[]> {
  const exported: Record<string, string> = helpers.size > 0 ? await exportsOfToolkit(read) : {};
  const found = new Set(files);
  for (const path of found) {
    if (!/\.[cm]?[jt]s$/.test(path)) continue;
    for (const specifier of importsOf(await read(path))) {
      const target = specifier.startsWith(".")
        ? posix.join(posix.dirname(path), specifier)
        : exported[specifier];
      if (target !== undefined && helpers.has(target)) found.add(target);
    }
  }
  return [...found];
}

/** What another package imports from the toolkit, e.g. `rolecall/testing`, and the file that it gets. */
async function exportsOfToolkit(read: (path: Path) => Promise<string>): Promise<Record<string, Path>> {
  const { exports = {} } = JSON.parse(await read("rolecall/package.json")) as {
    exports?: Record<string, string>;
  };
  return Object.fromEntries(
    Object.entries(exports).map(([name, file]) => [
      posix.join("rolecall", name),
      posix.join("rolecall", file),
    ]),
  );
}

async function keepWhole(
  paths: readonly Path[],
  read: (path: Path) => Promise<string>,
): Promise<readonly Path[]> {
  const set = new Set(paths);
  const hasToolkit = set.has("rolecall/package.json");
  const isWhole = await Promise.all(
    paths.map(async (path) => {
      if (!/\.test\.ts$|\/testing\/.*\.ts$/.test(path)) return true;
      return importsOf(await read(path)).every((specifier) => {
        if (specifier.startsWith(".")) return set.has(posix.join(posix.dirname(path), specifier));
        return hasToolkit || !/^(?:rolecall|@voice-notes\/scenarios)(?:\/|$)/.test(specifier);
      });
    }),
  );
  return paths.filter((_, index) => isWhole[index]);
}

/** What a file imports, as it is written there. */
export function importsOf(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|\s)(?:from|import)\s*\(?\s*"([^"\n]+)"/g)].map(
    ([, specifier = ""]) => specifier,
  );
}

/** The root of this repository: the folder of serverless.yml above a file. */
export function rootAbove(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, "serverless.yml"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`There is no serverless.yml above ${file}.`);
    folder = parent;
  }
  return folder;
}

/** Reads files of a folder once each. */
export function readerOf(root: string): (path: Path) => Promise<string> {
  const texts = new Map<Path, Promise<string>>();
  return (path) => {
    const known = texts.get(path) ?? readFile(join(root, path), "utf8");
    texts.set(path, known);
    return known;
  };
}
