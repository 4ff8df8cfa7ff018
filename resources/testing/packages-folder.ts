import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where tests package to: one folder for all of a run, which goes when it ends. */
    packagesFolder: string;
  }
}

/** vitest calls it before the tests of a run, and what it returns after them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "packages-")));
  project.provide("packagesFolder", folder);
  return () => rm(folder, { recursive: true, force: true });
}
