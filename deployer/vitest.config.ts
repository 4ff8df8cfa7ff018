import { defineProject } from "vitest/config";

export default defineProject({
  test: {
    name: "deployer",
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.slow.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
