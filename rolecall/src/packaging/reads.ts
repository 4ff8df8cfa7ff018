import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** What packaging read, as record-reads.cjs writes it down: paths and variables with what they held. */
export interface Reads {
  /** By path: a digest of a file's bytes, or of the names in a folder. */
  readonly contents: Readonly<Record<string, string>>;
  /** By path: what was looked for and not read. */
  readonly kinds: Readonly<Record<string, "absent" | "file" | "directory">>;
  /** By name: a digest of the value, null for a variable that was not set. */
  readonly environment: Readonly<Record<string, string | null>>;
  /** Why nobody can tell whether packaging again would give the same, e.g. "it runs git"; empty when one can. */
  readonly untracked: readonly string[];
}

/** What packaging and installing write into a project themselves. */
export const ownNames = [".serverless", ".esbuild", ".git", "node_modules"];

/** What package managers write down about what they have installed, and what they were to install. */
const installations = [
  "package.json",
  "package-lock.json",
  "pnpm-lock.yaml",
  "yarn.lock",
  "bun.lock",
  "node_modules/.package-lock.json",
  "node_modules/.pnpm/lock.yaml",
  "node_modules/.yarn-state.yml",
  "node_modules/.yarn-integrity",
];

/** Of everything installed under a project and the folders above it: the framework, its plugins, what is bundled. */
export function installationDigest(root: string): string {
  const hash = createHash("sha256").update(process.version);
  for (let folder = root; ; folder = dirname(folder)) {
    for (const name of installations)
      hash.update(`${name} ${contentDigest(join(folder, name)) ?? "absent"}\n`);
    if (folder === dirname(folder)) return hash.digest("hex").slice(0, 16);
  }
}

/** Whether packaging would read now what it read then. */
export function isUnchanged(
  { contents, kinds, environment, untracked }: Reads,
  variables: Readonly<Record<string, string | undefined>>,
): boolean {
  return (
    untracked.length === 0 &&
    Object.entries(environment).every(([name, then]) => {
      const value = variables[name];
      return (value === undefined ? null : digest(value)) === then;
    }) &&
    Object.entries(kinds).every(([path, then]) => kindOf(path) === then) &&
    Object.entries(contents).every(([path, then]) => contentDigest(path) === then)
  );
}

function kindOf(path: string): "absent" | "file" | "directory" {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return "absent";
  return stat.isDirectory() ? "directory" : "file";
}

/** As record-reads.cjs makes it; undefined for what is not there. */
function contentDigest(path: string): string | undefined {
  try {
    if (kindOf(path) !== "directory") return digest(readFileSync(path));
    return digest(
      readdirSync(path)
        .filter((name) => !ownNames.includes(name))
        .sort()
        .join("\n"),
    );
  } catch {
    return undefined;
  }
}

const digest = (value: string | Buffer) => createHash("sha256").update(value).digest("hex").slice(0, 32);
