import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findChromium } from "./chromium.ts";

/*
 * `pnpm test:console`: the page, in a browser. Ends with 2 where there is none, because nothing was tested then.
 */

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const chromium = await findChromium();
if (chromium === undefined) {
  console.error(
    "not run: the browser tests of the console, without Chromium. Install it (apt-get install chromium; brew install --cask chromium), or say in the environment variable CHROMIUM where it is.",
  );
  process.exit(2);
}
const vitest = fileURLToPath(new URL("vitest.mjs", import.meta.resolve("vitest/package.json")));
const args = [
  vitest,
  "run",
  "--config",
  "scenarios/src/console/browser/vitest.config.ts",
  ...process.argv.slice(2),
];
const env = { ...process.env, CHROMIUM: chromium };
const child = spawn(process.execPath, args, { cwd: root, env, stdio: "inherit" });
child.on("exit", (code) => process.exit(code ?? 1));
