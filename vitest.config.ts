import { join } from "node:path";
import { defineConfig } from "vitest/config";

// What tests start again and again, and the workers that they run in, is compiled once.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules", ".cache", "compile");

export default defineConfig({
  test: {
    // Most tests wait for processes of their own, so that none of the processors is to be kept free.
    maxWorkers: "100%",
    silent: "passed-only", // what a function logs shows under a test that fails
    projects: [
      {
        test: {
          name: "service",
          include: ["{packages,resources}/**/*.test.ts"],
          setupFiles: "packages/core/src/testing/setup.ts",
          globalSetup: "resources/testing/packages-folder.ts",
          testTimeout: 60_000, // a machine may be busy with something else
          hookTimeout: 120_000,
        },
      },
      // What a project leaves out brings its tests along: they stand beside it.
      "{deployer,rolecall,scenarios,teaching}/vitest.config.ts",
    ],
  },
});
