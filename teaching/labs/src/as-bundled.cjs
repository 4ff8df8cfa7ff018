// A plugin for copies of the service whose code is the original's: it stands in the place of serverless-esbuild, and packs
// the zips that were made of that code.
// @ts-check

const { cpSync } = require("node:fs");
const { join } = require("node:path");

module.exports = class AsBundled {
  /** @param {any} serverless */
  constructor(serverless) {
    const { service, serviceDir } = serverless;
    this.hooks = {
      "before:package:createDeploymentArtifacts": () => {
        for (const key of service.getAllFunctions()) {
          const artifact = join(serviceDir, ".serverless", `${key}.zip`); // where a package is put together
          cpSync(join(serviceDir, "bundled", `${key}.zip`), artifact);
          service.getFunction(key).package = { individually: true, artifact };
        }
      },
    };
  }
};
