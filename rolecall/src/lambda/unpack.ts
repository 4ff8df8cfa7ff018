import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { unzipSync } from "fflate";
import type { FunctionCode } from "./types.ts";

/** Bytes of a function's unpacked code. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const unpackedLimit = 262_144_000;

/**
 * Puts a function's code where it runs.
 *
 * @param directory Where to; created where it is missing.
 * @throws Error when a zip is none, when an entry of it leads out of `directory`, or when all of it is over 250 MB.
 */
export async function unpack(code: FunctionCode, directory: string): Promise<void> {
  if ("zip" in code) return unzip(code.zip, directory);
  if ("folder" in code) return cp(code.folder, directory, { recursive: true, dereference: true });
  await mkdir(directory, { recursive: true });
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
  await writeFile(resolve(directory, "index.js"), code.inline);
}

async function unzip(zip: string, directory: string): Promise<void> {
  let size = 0;
  const entries = unzipSync(await readFile(zip), {
    filter: (entry) => {
      size += entry.originalSize;
      if (size > unpackedLimit) {
        throw new Error(`${zip}: Unzipped size must be smaller than ${unpackedLimit} bytes`);
      }
      return true;
    },
  });

  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(entries)) {
    const target = entryPath(zip, name, directory);
    if (name.endsWith("/")) {
      await mkdir(target, { recursive: true });
    } else {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    }
  }
}

function entryPath(zip: string, name: string, directory: string): string {
  const target = resolve(directory, name);
  const inside = relative(directory, target);
  // A backslash parts folders on Windows alone: the same zip must mean the same everywhere.
  if (/[\\\0]/.test(name) || inside.split(/[\\/]/)[0] === ".." || isAbsolute(inside) || isAbsolute(name)) {
    throw new Error(`${zip}: the entry ${JSON.stringify(name)} leads out of the function's directory`);
  }
  return target;
}
