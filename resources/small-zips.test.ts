import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { strToU8, unzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import SmallZips from "./small-zips.js";

/** A bundle's like: code, and enough of it for levels to differ. */
const code = await readFile(fileURLToPath(import.meta.resolve("fflate")));
const files = { "one/handler.cjs": new Uint8Array(code), "data.txt": strToU8("short") };
const fast = zipSync(files, { level: 1, mtime: "2026-11-28T12:00:00" });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "small-zips-test-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What the framework holds when a hook runs: a zip of each function that there is something to package for. */
async function frameworkWith(artifacts: Record<string, Uint8Array | undefined>) {
  for (const [path, zip] of Object.entries(artifacts)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    if (zip) await writeFile(join(folder, path), zip);
  }
  const { hooks } = new SmallZips({
    serviceDir: folder,
    service: {
      getAllFunctions: () => Object.keys(artifacts),
      getFunction: (path: string) => (artifacts[path] ? { package: { artifact: path } } : {}),
    },
  });
  return { hooks, read: (path: string) => readFile(join(folder, path)) };
}

describe("the plugin that makes zips small", () => {
  // Of `sls package` and `sls deploy`, and of `sls deploy function`, which has only one function to package.
  it.each(["after:package:createDeploymentArtifacts", "after:deploy:function:packageFunction"] as const)(
    "leaves a smaller zip with the same files, %s",
    async (hook) => {
      const { hooks, read } = await frameworkWith({ ".serverless/one.zip": fast, other: undefined });

      await hooks[hook]();

      const small = await read(".serverless/one.zip");
      expect(small.length).toBeLessThan(0.9 * fast.length);
      expect(unzipSync(small)).toEqual(files);
    },
  );

  it("makes the same zip of the same files, however and whenever they were zipped before", async () => {
    const later = zipSync(files, { level: 6, mtime: "2030-01-01T12:00:00", os: 3, attrs: 0o600 << 16 });
    const { hooks, read } = await frameworkWith({
      ".serverless/one.zip": fast,
      ".serverless/other.zip": later,
    });

    await hooks["after:package:createDeploymentArtifacts"]();

    expect((await read(".serverless/one.zip")).equals(await read(".serverless/other.zip"))).toBe(true);
  });

  it("leaves a zip alone that somebody made elsewhere", async () => {
    const { hooks, read } = await frameworkWith({ "own/one.zip": fast });

    await hooks["after:package:createDeploymentArtifacts"]();

    expect((await read("own/one.zip")).equals(fast)).toBe(true);
  });

  it("lets whoever Lambda runs as read each file, and run it", async () => {
    const { hooks, read } = await frameworkWith({ ".serverless/one.zip": fast });

    await hooks["after:package:createDeploymentArtifacts"]();

    expect(unixModes(await read(".serverless/one.zip"))).toEqual(Object.keys(files).map(() => 0o755));
  });
});

/** From the central directory: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12. */
function unixModes(zip: Buffer): (number | "not Unix")[] {
  const signature = Buffer.from("PK\x01\x02");
  const modes: (number | "not Unix")[] = [];
  for (let at = zip.indexOf(signature); at >= 0; at = zip.indexOf(signature, at + 1)) {
    modes.push(zip[at + 5] === 3 ? zip.readUInt32LE(at + 38) >>> 16 : "not Unix");
  }
  return modes;
}
