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
