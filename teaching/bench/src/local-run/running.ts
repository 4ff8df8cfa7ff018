import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Credentials } from "rolecall/run";
import { atExit } from "../../../../rolecall/src/terminal/at-exit.ts";

/** `pnpm start --json` in a process of its own. */
export interface RunningCommand extends AsyncDisposable {
  readonly api: string;
  readonly developer: Pick<Credentials, "accessKeyId" | "secretAccessKey" | "sessionToken">;
  /** Milliseconds from the start of the process until it said that it was ready. */
  readonly readyMs: number;
  /** The most resident memory that the process ever had, in bytes; undefined where the system does not tell. */
  peakRss(): Promise<number | undefined>;
}

/** @throws Error when it ends before it is ready. */
export async function startCommand(root: string): Promise<RunningCommand> {
  const begin = performance.now();
  const child = spawn(process.execPath, [join(root, "rolecall/src/cli/main.ts"), "start", "--json"], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const forget = atExit(() => child.kill());
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as [string | number];
  if (typeof line !== "string") throw new Error("pnpm start --json ended before it was ready.");
  const readyMs = performance.now() - begin;
  const { api, principals } = JSON.parse(line);
  return {
    api,
    developer: principals.developer,
    readyMs,
    peakRss: () => peakRssOf(child),
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      forget();
    },
  };
}

async function peakRssOf({ pid }: ChildProcess): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
