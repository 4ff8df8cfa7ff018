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
          name: "packages",
          include: ["{packages,resources,deployer}/**/*.test.ts"],
          setupFiles: "packages/core/src/testing/setup.ts",
        },
      },
      {
        test: {
          name: "tools",
          include: ["{rolecall,scenarios,teaching}/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
