import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { benches } from "./benches.ts";

const bench = (...args: string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL("cli.ts", import.meta.url)), ...args], {
    encoding: "utf8",
  });

it.each([
  [["faster"], "There is no bench faster."],
  [["--rounds", "0"], "--rounds 0 is no number of rounds."],
  [["--quick"], "Unknown option '--quick'"],
])("%j is refused with what can be asked for, and exit code 2", (args, message) => {
  const { status, stderr } = bench(...args);

  expect(status).toBe(2);
  expect(stderr).toContain(message);
  for (const { name } of benches) expect(stderr).toContain(name);
});
