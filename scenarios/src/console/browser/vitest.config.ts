import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "console",
    root: fileURLToPath(new URL(".", import.meta.url)),
    include: ["*.browser.ts"],
    silent: "passed-only",
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // Each starts a local run and a browser.
    fileParallelism: false,
  },
});
