import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { findProgram, runProgram } from "./program.ts";
import { fakeProgram, scriptsRun, temporaryFolder } from "./testing/programs.ts";

const environment = process.env;
const { signal } = new AbortController();
const script = (source: string): [string, ...string[]] => [process.execPath, "-e", source];

describe("a program", () => {
  it("is run without a shell, and its output is the answer", async () => {
    const commandLine: [string, ...string[]] = [
      ...script("console.log(process.argv[1])"),
      "$(echo no) & %PATH%",
    ];
    expect(await runProgram({ commandLine, environment, timeout: 30_000, signal })).toBe(
      "$(echo no) & %PATH%\n",
    );
  });

  it("that takes too long is ended, and that is the reason", async () => {
    const commandLine = script("setInterval(() => {}, 1000)");
    await expect(runProgram({ commandLine, environment, timeout: 50, signal })).rejects.toThrow(
      /did not end within 0\.05 seconds/,
    );
  });

  it.skipIf(!scriptsRun)("is ended with all that it started", async () => {
    await using folder = await temporaryFolder();
    const started = join(folder.path, "started");
    // Its child holds the same standard output open: as long as it lives, the run does not end.
    const commandLine = script(
      `require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
       require("node:fs").writeFileSync(${JSON.stringify(started)}, "");`,
    );
    const controller = new AbortController();
    const run = runProgram({ commandLine, environment, timeout: 30_000, signal: controller.signal });
    await vi.waitUntil(() => existsSync(started), { timeout: 10_000 });

    controller.abort(new Error("closed"));

    await expect(run).rejects.toThrow("closed");
  });

  it("that cannot be started is named", async () => {
    await expect(
      runProgram({ commandLine: ["/no/such/engine"], environment, timeout: 1000, signal }),
    ).rejects.toThrow(/\/no\/such\/engine cannot be started/);
  });

  it.skipIf(!scriptsRun)("is found on PATH or by its path, and only when it can be run", async () => {
    await using folder = await temporaryFolder();
    await fakeProgram(folder.path, "engine", "");
    const environment = { PATH: folder.path };

    expect(await findProgram("engine", environment)).toBe(join(folder.path, "engine"));
    expect(await findProgram(join(folder.path, "engine"), {})).toBe(join(folder.path, "engine"));
    expect(await findProgram("another", environment)).toBeUndefined();
    expect(await findProgram(folder.path, environment)).toBeUndefined();
  });
});
