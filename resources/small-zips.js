// A plugin of this project's own. serverless-esbuild deflates at zlib's fastest level, and has no option for another that
// keeps its zips reproducible; so each of them is deflated once more, at the best. The files in it stay as they are.
// @ts-check
import { readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { deflateRawSync } from "node:zlib";
import { unzipSync, Zip, ZipPassThrough } from "fflate";

export default class SmallZips {
  /** @param {any} serverless */
  constructor(serverless) {
    this.serverless = serverless;
    // Before the framework looks at a zip: to hash it, to upload it.
    this.hooks = {
      "after:package:createDeploymentArtifacts": () => this.deflateAll(), // sls package, sls deploy
      "after:deploy:function:packageFunction": () => this.deflateAll(), // sls deploy function
    };
  }

  async deflateAll() {
    const { service, serviceDir } = this.serverless;
    const artifacts = service
      .getAllFunctions()
      .map((/** @type {string} */ name) =>
        resolve(serviceDir, service.getFunction(name).package?.artifact ?? ""),
      )
      // What lies elsewhere is somebody's own file.
      .filter((/** @type {string} */ artifact) => dirname(artifact) === resolve(serviceDir, ".serverless"));
    await Promise.all(artifacts.map(deflateAnew));
  }
}

/** @param {string} file */
async function deflateAnew(file) {
  await writeFile(file, smallZip(unzipSync(await readFile(file))));
}

/**
 * A zip of files by their paths. Nothing of this machine or of today is in it, so that what did not change is not
 * deployed again.
 *
 * @param {Record<string, Uint8Array>} files
 */
export function smallZip(files) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    chunks.push(chunk);
  });
  for (const [path, content] of Object.entries(files)) {
    const entry = Object.assign(new BestDeflated(path), {
      compression: 8, // a zip's number for deflated
      mtime: new Date(1980, 0, 1), // the first day that a zip can name
      os: 3, // Unix, so that Lambda heeds the next line
      attrs: 0o755 << 16, // whoever Lambda runs as may read it, and run it where it is a program
    });
    zip.add(entry);
    entry.push(content, true);
  }
  zip.end();
  return Buffer.concat(chunks);
}

/** fflate writes the zip and Node deflates, as zlib does it a twentieth smaller. */
class BestDeflated extends ZipPassThrough {
  /**
   * @override
   * @param {Uint8Array<ArrayBuffer>} content the whole of it
   * @param {boolean} final
   */
  process(content, final) {
    this.ondata(null, deflateRawSync(content, { level: 9 }), final);
  }
}
