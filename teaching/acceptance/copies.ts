import { execFile } from "node:child_process";
import { cp, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { packageService } from "rolecall";
import { applyChanges, type Change } from "../labs/src/change.ts";
import { createScratch, reuseBundles, type Scratch } from "../labs/src/scratch.ts";

/** The one that `explain` takes, too, when it is told none. */
export const place = { stage: "dev", region: "us-east-1" };

/** A copy of the service with changes, which packages with the original's zips. */
export async function changedCopy(root: string, changes: readonly Change[]): Promise<Scratch> {
  const scratch = await createScratch(root);
  try {
    // One after the other: several may change the same file.
    for (const change of changes) await applyChanges(scratch.root, [change]);
    await reuseBundles(scratch, await packageService({ root, ...place }));
    return scratch;
  } catch (error) {
    await scratch[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Runs the demo of a copy, as `pnpm demo` does.
 *
 * @returns what it printed
 * @throws Error with what it printed, when it fails
 */
export async function runDemo(root: string, copy: Scratch): Promise<string> {
  const isOurs = (path: string) => basename(path) !== "node_modules";
  await cp(join(root, "scenarios"), join(copy.root, "scenarios"), { recursive: true, filter: isOurs });
  for (const shared of ["rolecall", "samples", join("scenarios", "node_modules")])
    await symlink(join(root, shared), join(copy.root, shared), "junction");
  const demo = join(copy.root, "scenarios", "src", "demo.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [demo], { cwd: copy.root });
  return stdout;
}
