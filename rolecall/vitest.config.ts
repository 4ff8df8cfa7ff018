import { defineProject } from "vitest/config";

export default defineProject({
  test: {
    name: "rolecall",
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.slow.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
