import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { isRunning } from "./at-exit.ts";

const module = JSON.stringify(fileURLToPath(new URL("at-exit.ts", import.meta.url)));
const starts = (file: string) => `
  require("node:child_process").spawn(process.execPath, [${JSON.stringify(file)}], { stdio: "inherit" });
  setInterval(() => {}, 1000);`;

it.skipIf(process.platform === "win32")(
  "a command ends when a package manager above the one that started it is killed",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "at-exit-test-"));
    const file = (name: string) => join(folder, name);
    await writeFile(
      file("command.mjs"),
      `import { onPackageManagerGone } from ${module};
       onPackageManagerGone(() => process.exit());
       setInterval(() => {}, 1000);
       console.log(process.ppid, process.pid);`,
    );
    await writeFile(file("pnpm.cjs"), starts(file("command.mjs")));
    await writeFile(file("npx.cjs"), starts(file("pnpm.cjs")));
    const env = { ...process.env, npm_lifecycle_event: "start" };
    const npx = spawn(process.execPath, [file("npx.cjs")], { env, stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(npx.stdout, "data");
    const [pnpm = 0, command = 0] = String(line).split(" ").map(Number);
    try {
      // Long enough for it to look around; it goes on while everybody is there.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(isRunning(command)).toBe(true);

      npx.kill("SIGKILL");
      await expect.poll(() => isRunning(command), { timeout: 30_000 }).toBe(false);
      expect(isRunning(pnpm)).toBe(true);
    } finally {
      for (const pid of [pnpm, command]) if (isRunning(pid)) process.kill(pid, "SIGKILL");
      await rm(folder, { recursive: true });
    }
  },
);
