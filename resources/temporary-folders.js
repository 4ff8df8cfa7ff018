// A plugin of this project's own. serverless-esbuild copies each function into a temporary folder before it zips it, and
// then removes that folder only if it is empty, which it never is. This one removes them, also after a packaging that
// failed.
// @ts-check
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default class TemporaryFolders {
  constructor() {
    process.once("exit", () => {
      try {
        for (const name of readdirSync(tmpdir()).filter(isOfThisProcess)) {
          rmSync(join(tmpdir(), name), { recursive: true, force: true });
        }
      } catch {
        // What has been packaged is whole all the same.
      }
    });
  }
}

/** serverless-esbuild names such a folder FUNCTION-PROCESS-MILLISECONDS-HEX. @param {string} name */
function isOfThisProcess(name) {
  return new RegExp(`^[\\w-]+-${process.pid}-\\d{13}-[0-9a-f]{8}$`).test(name);
}
