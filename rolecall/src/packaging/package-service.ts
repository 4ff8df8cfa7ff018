import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { atExit } from "../terminal/at-exit.ts";
import { type PackageOptions, slsPackage } from "./sls-package.ts";

export interface ServiceOptions extends Omit<PackageOptions, "into" | "unless"> {
  /** Told when there is something to package, which takes a few seconds. */
  readonly onPackaging?: () => void;
}

/** What a package is made of; nothing else changes it. */
const inputs = [
  "serverless.yml",
  "package.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  "tsconfig.json",
  "packages",
  "resources",
];

/** Milliseconds after it was last asked for. Whoever did may still read it, though the files have changed meanwhile. */
const keptFor = 60 * 60 * 1000;

/**
 * Packages the service, or finds the package that was made of the very same files before.
 *
 * @returns the folder with cloudformation-template-update-stack.json and the functions' zips. Leave it as it is.
 * @throws Error with what the framework said, when packaging fails.
 */
export async function packageService({ onPackaging, ...options }: ServiceOptions): Promise<string> {
  const { root, stage, region, params } = options;
  const cache = join(root, "node_modules", ".cache", "packaged");
  const variant = params ? `${digest(JSON.stringify(Object.entries(params).sort()))}-` : "";
  const name = `${stage}-${region}-${variant}`;
  const current = name + (await fingerprint(root));
  const packaged = join(cache, current);
  if (await isThere(packaged)) return packaged;

  onPackaging?.();
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, "partial-"));
  const forget = atExit(() => rmSync(fresh, { recursive: true, force: true }));
  try {
    const isMade = await slsPackage({ ...options, into: fresh, unless: () => isThere(packaged) });
    if (!isMade) return packaged;
    await removeOld(cache, new RegExp(`^${name}[0-9a-f]{16}$`));
    // Renaming shows the whole package or none to whoever looks.
    await rename(fresh, packaged).catch(async (error) => {
      if (!(await exists(packaged))) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
    forget();
  }
  return packaged;
}

/** Of the names and bytes of all inputs, tests aside. */
async function fingerprint(root: string): Promise<string> {
  const hash = createHash("sha256").update(process.version);
  const visit = async (path: string): Promise<void> => {
    const full = join(root, path);
    if ((await stat(full)).isDirectory()) {
      for (const entry of (await readdir(full)).sort()) {
        if (entry !== "node_modules" && !entry.endsWith(".test.ts")) await visit(join(path, entry));
      }
    } else {
      hash.update(`${path}\n`).update(await readFile(full));
    }
  };
  for (const input of inputs) if (await exists(join(root, input))) await visit(input);
  return hash.digest("hex").slice(0, 16);
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

/** Whether a package is there; from now on it is kept for as long as one that was just made. */
function isThere(packaged: string): Promise<boolean> {
  return utimes(packaged, new Date(), new Date()).then(
    () => true,
    () => false,
  );
}

async function removeOld(cache: string, pattern: RegExp): Promise<void> {
  for (const entry of (await readdir(cache)).filter((entry) => pattern.test(entry))) {
    const path = join(cache, entry);
    // Another process may be quicker to remove it.
    const lastAsked = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    );
    if (lastAsked < Date.now() - keptFor) await rm(path, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
