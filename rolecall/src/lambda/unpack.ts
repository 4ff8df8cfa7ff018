import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { unzipSync } from "fflate";

/** Bytes of a function's unpacked code. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const unpackedLimit = 262_144_000;

/**
 * Unpacks a function's zip.
 *
 * @param directory Where to; created where it is missing.
 * @throws Error when the file is no zip, when an entry leads out of `directory`, or when all of it is over 250 MB.
 */
export async function unpack(zip: string, directory: string): Promise<void> {
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
