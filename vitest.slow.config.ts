import { join } from "node:path";
import { defineConfig } from "vitest/config";

// What nobody waits for at the keyboard: `pnpm test:all`, and CI.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules", ".cache", "compile");

export default defineConfig({
  test: {
    name: "slow",
    maxWorkers: "100%",
    silent: "passed-only",
    include: ["**/*.slow.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
