import { execFile } from "node:child_process";
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { promisify } from "node:util";
import { chooseFiles, type Path, readerOf } from "./contents.ts";
import {
  type Names,
  packagesImported,
  rename,
  trimFolders,
  trimManifest,
  trimPage,
  trimWorkflow,
  trimWorkspace,
} from "./rewrite.ts";

export interface StarterOptions {
  /** The root of this repository. */
  readonly root: string;
  /** Where the starter goes: a folder that is not there yet, or an empty one. */
  readonly folder: string;
  /** Of the service, and the scope of its packages. */
  readonly name: string;
  readonly withToolkit: boolean;
}

/** The service's name takes part in names of roles and buckets, which end at 64 and 63 characters. */
const namePattern = /^[a-z][a-z0-9-]{0,19}$/;

/** What is copied as it is. */
const binary = new Set([".wav", ".png"]);

/** Written by hand for a starter, in this folder. */
const ownReadme = "teaching/starter/readme-of-a-starter.txt";
const ownWorkflow = "teaching/starter/tests-of-a-starter.yml";

/**
 * Writes the service as a starter of somebody's own: renamed in every place, without what teaches here. Nothing is
 * installed.
 *
 * @returns the files that were written
 * @throws Error for a name that AWS would not take, and for a folder that has something in it
 */
export async function writeStarter(options: StarterOptions): Promise<readonly Path[]> {
  const { root, folder, withToolkit } = options;
  if (!namePattern.test(options.name))
    throw new Error(
      `The name "${options.name}" must be 1 to 20 lower-case letters, digits or dashes, a letter first: buckets and roles are named after it.`,
    );
  const present = await readdir(folder).catch(() => []);
  if (present.length > 0) throw new Error(`${folder} is not empty: name a folder that is not there yet.`);

  const read = readerOf(root);
  const all = await filesOf(root);
  const files = await chooseFiles(all, { withToolkit, read });
  const names: Names = { old: JSON.parse(await read("package.json")).name, new: options.name };
  const folders = foldersOf(all).filter((name) => !foldersOf(files).includes(name));
  const texts = await rewritten(files, read, { names, withToolkit, gone: folders });
  for (const path of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    const text = texts.get(path);
    if (text === undefined) await cp(join(root, path), target);
    else await writeFile(target, text);
  }
  for (const [path, text] of texts) if (!files.includes(path)) await writeFile(join(folder, path), text);
  return [...new Set([...files, ...texts.keys()])].sort();
}

interface Rewriting {
  readonly names: Names;
  readonly withToolkit: boolean;
  /** Top-level folders that the starter does not have. */
  readonly gone: readonly string[];
}

async function rewritten(
  files: readonly Path[],
  read: (path: Path) => Promise<string>,
  { names, withToolkit, gone: goneFolders }: Rewriting,
): Promise<Map<Path, string>> {
  const there = new Set([...files, "README.md"]);
  const isThere = (path: Path) => there.has(path);
  const textual = files.filter((path) => !binary.has(extname(path)));
  const texts = new Map<Path, string>();
  // Whose licence it is does not change.
  for (const path of textual)
    texts.set(path, path === "LICENSE" ? await read(path) : rename(await read(path), names));

  const manifests = textual.filter((path) => /(?:^|\/)package\.json$/.test(path));
  const before = JSON.parse(await read("package.json")).scripts as Record<string, string>;
  for (const path of manifests) {
    // What the root has, every package finds.
    const folder = path.slice(0, -"package.json".length);
    const own = textual.filter((file) => file.startsWith(folder));
    const imported = packagesImported(own.map((file) => texts.get(file) ?? ""));
    texts.set(path, trimManifest(texts.get(path) ?? "", { imported, isThere }));
  }
  const root = JSON.parse(texts.get("package.json") ?? "{}");
  root.version = "0.1.0";
  root.description = "An AWS Lambda service whose functions hold no keys: one execution role each.";
  texts.set("package.json", `${JSON.stringify(root, undefined, 2)}\n`);

  texts.set(
    "pnpm-workspace.yaml",
    trimWorkspace(
      texts.get("pnpm-workspace.yaml") ?? "",
      manifests.map((path) => texts.get(path) ?? "{}"),
      (name) => files.some((path) => path.startsWith(`${name}/`)),
    ),
  );
  for (const path of ["tsconfig.json", "vitest.config.ts"])
    texts.set(path, trimFolders(texts.get(path) ?? "", goneFolders));
  const ignored = (texts.get(".gitignore") ?? "").split("\n");
  texts.set(
    ".gitignore",
    ignored.filter((line) => !goneFolders.some((name) => line.startsWith(`${name}/`))).join("\n"),
  );
  texts.set("README.md", rename(await read(ownReadme), { old: "NAME", new: names.new }));
  texts.set(".github/workflows/tests.yml", await read(ownWorkflow));
  const scripts = new Set(Object.keys(root.scripts));
  const gone = new Set(Object.keys(before).filter((name) => !scripts.has(name)));
  for (const [path, text] of texts) {
    if (path.startsWith(".github/workflows/")) texts.set(path, trimWorkflow(text, scripts, gone));
    if (path.endsWith(".md")) texts.set(path, trimPage(path, text, { isThere, withToolkit }));
  }
  return texts;
}

/** The top-level folders of files. */
function foldersOf(paths: readonly Path[]): readonly string[] {
  return [...new Set(paths.filter((path) => path.includes("/")).map((path) => path.split("/")[0] ?? ""))];
}

/** The files that git tracks, and new ones that it does not ignore. */
async function filesOf(root: string): Promise<readonly Path[]> {
  const { stdout } = await promisify(execFile)(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    { cwd: root, maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: Error) => {
    throw new Error(`pnpm new copies what git tracks, and git did not answer: ${error.message}`);
  });
  return stdout.split("\0").filter(Boolean);
}
