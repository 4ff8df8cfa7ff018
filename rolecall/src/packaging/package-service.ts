import { createHash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { atExit } from "../terminal/at-exit.ts";
import { installationDigest, isUnchanged, type Reads } from "./reads.ts";
import { frameworkVariables, type PackageOptions, slsPackage } from "./sls-package.ts";

export interface ServiceOptions extends Omit<PackageOptions, "into" | "unless"> {
  /**
   * Told when there is something to package, which takes a few seconds.
   *
   * @param because what keeps the latest package from being used again, e.g. "it runs git"; absent for the first, and
   * when something changed
   */
  readonly onPackaging?: (because?: string) => void;
}

/** Milliseconds after it was last asked for. Whoever did may still read it, though the files have changed meanwhile. */
const keptFor = 60 * 60 * 1000;

/**
 * Packages the service, or finds a package for which everything that was read then is the same now: files anywhere,
 * variables of the environment, the installation. Where that cannot be told, as of what another process or a server
 * answered, it packages again.
 *
 * @returns the folder with cloudformation-template-update-stack.json and the functions' zips. Leave it as it is.
 * @throws Error with what the framework said, when packaging fails.
 */
export async function packageService({ onPackaging, ...options }: ServiceOptions): Promise<string> {
  const { root, stage, region, params } = options;
  const cache = join(root, "node_modules", ".cache", "packaged");
  const variant = digest(JSON.stringify([installationDigest(root), Object.entries(params ?? {}).sort()]));
  const prefix = `${stage}-${region}-${variant}-`;
  const kept = await find(cache, prefix);
  if (kept.folder !== undefined) return kept.folder;

  onPackaging?.(kept.untracked);
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, "partial-"));
  const forget = atExit(() => rmSync(fresh, { recursive: true, force: true }));
  try {
    // Another process may have packaged the same while this one waited for its turn.
    let found: string | undefined;
    const reads = await slsPackage({
      ...options,
      into: fresh,
      unless: async () => {
        found = (await find(cache, prefix)).folder;
        return found !== undefined;
      },
    });
    if (found !== undefined) return found;
    await removeOld(cache, `${stage}-${region}-`);
    const packaged = join(cache, `${prefix}${randomBytes(8).toString("hex")}`);
    await rename(fresh, packaged);
    // The record comes last: whoever finds it finds the whole package.
    if (reads) await writeFile(`${packaged}${recordSuffix}`, JSON.stringify(reads));
    return packaged;
  } finally {
    await rm(fresh, { recursive: true, force: true });
    forget();
  }
}

const recordSuffix = ".reads.json";

/** A package that is of what is there now; else why the latest one can never be known to be. */
async function find(
  cache: string,
  prefix: string,
): Promise<{ readonly folder?: string; readonly untracked?: string }> {
  const names = await readdir(cache).catch(() => []);
  const variables = frameworkVariables();
  let untracked: string | undefined;
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith(recordSuffix)) continue;
    const folder = join(cache, name.slice(0, -recordSuffix.length));
    const reads = await readRecord(join(cache, name));
    if (reads && isUnchanged(reads, variables) && (await isThere(folder))) return { folder };
    if (reads?.untracked.length) untracked = reads.untracked.join(", ");
  }
  return untracked === undefined ? {} : { untracked };
}

/** Undefined for one that somebody removes or writes just now. */
async function readRecord(path: string): Promise<Reads | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

/** Whether a package is there; from now on it is kept for as long as one that was just made. */
function isThere(packaged: string): Promise<boolean> {
  return utimes(packaged, new Date(), new Date()).then(
    () => true,
    () => false,
  );
}

async function removeOld(cache: string, place: string): Promise<void> {
  const names = (await readdir(cache)).filter(
    (name) => name.startsWith(place) && !name.endsWith(recordSuffix),
  );
  for (const name of names) {
    const path = join(cache, name);
    // Another process may be quicker to remove it.
    const lastAsked = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    );
    if (lastAsked > Date.now() - keptFor) continue;
    await rm(`${path}${recordSuffix}`, { force: true });
    await rm(path, { recursive: true, force: true });
  }
}
