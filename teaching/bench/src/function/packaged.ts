import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { packageService } from "rolecall";
import { type FunctionEntry, readFunctions } from "./functions.ts";

export interface PackagedFunction extends FunctionEntry {
  /** Its bundle. */
  readonly file: string;
  /** Bytes. */
  readonly zipSize: number;
}

/**
 * The functions as `sls package` makes them, unzipped.
 *
 * @param into the folder for what is in the zips.
 */
export async function packagedFunctions(root: string, into: string): Promise<PackagedFunction[]> {
  const packaged = await packageService({ root, stage: "local", region: "us-east-1" });
  const functions = await readFunctions(root);
  return Promise.all(
    functions.map(async (entry) => {
      const zip = await readFile(join(packaged, `${entry.name}.zip`));
      for (const [path, content] of Object.entries(unzipSync(zip))) {
        const file = join(into, entry.name, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, content);
      }
      const file = join(into, entry.name, entry.source.replace(/\.ts$/, ".cjs"));
      return { ...entry, file, zipSize: zip.length };
    }),
  );
}

/**
 * The one of them that takes bodies.
 *
 * @param into the folder for what is in the zips.
 */
export async function packagedReceiveAudio(root: string, into: string): Promise<PackagedFunction> {
  const found = (await packagedFunctions(root, into)).find(({ name }) => name === "receiveAudio");
  if (!found) throw new Error("serverless.yml has no receiveAudio.");
  return found;
}
