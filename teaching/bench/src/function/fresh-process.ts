import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export interface Invocation {
  /** The bundle's file. */
  readonly bundle: string;
  /** The name under which it exports its handler. */
  readonly handlerName: string;
  readonly event: unknown;
  readonly environment: Readonly<Record<string, string>>;
}

/** Times in milliseconds, memory in bytes. */
export interface Measurement {
  readonly importMs: number;
  readonly callMs: number;
  /** What all threads together worked for import and call; waiting, and being kept waiting, does not count. */
  readonly cpuMs: number;
  /** After the call. */
  readonly rss: number;
  readonly answer: unknown;
}

const program = fileURLToPath(new URL("measured.cjs", import.meta.url));

/** Runs a program on one core, so that the scheduler's choices do not show in what it takes. */
export interface Pinning {
  /** For people, e.g. "pinned to core 1". */
  readonly description: string;
  /** Comes before the program. */
  readonly command: readonly string[];
}

const notPinned: Pinning = { description: "not pinned to a core", command: [] };

/** With taskset, on Linux. Elsewhere, processes run where the system puts them. */
export async function findPinning(): Promise<Pinning> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  // The last of the cores that this process may use: the first is where interrupts tend to land.
  const core = /^Cpus_allowed_list:.*?(\d+)$/m.exec(status)?.[1];
  if (core !== undefined) {
    const command = ["taskset", "--cpu-list", core];
    if (await succeeds([...command, process.execPath, "--version"])) {
      return { description: `pinned to core ${core}`, command };
    }
  }
  return notPinned;
}

function succeeds([program = "", ...args]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    spawn(program, args, { stdio: "ignore" })
      .once("error", () => resolve(false))
      .once("close", (code) => resolve(code === 0));
  });
}

/**
 * Loads and invokes a function in a process of its own, with an environment that holds what it is given and nothing
 * else.
 *
 * @throws Error with what the process wrote, when the handler throws or the bundle does not load.
 */
export async function measureInFreshProcess(
  { bundle, handlerName, event, environment }: Invocation,
  { command }: Pinning = notPinned,
): Promise<Measurement> {
  const [executable = "", ...args] = [...command, process.execPath, program, bundle, handlerName];
  // Without SystemRoot, a process on Windows can neither open sockets nor get random bytes. taskset needs PATH.
  const { PATH = "", SystemRoot } = process.env;
  const child = spawn(executable, args, {
    env: { PATH, ...(SystemRoot && { SystemRoot }), ...environment },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    timeout: 120_000, // what never answers must not keep anybody waiting
  });
  const [stdin, stdout, stderr, result] = child.stdio;
  // Whoever exits early does not read to the end; what it wrote says why.
  stdin?.on("error", () => {});
  stdin?.end(JSON.stringify(event));
  const [out, err, measured] = await Promise.all(
    [stdout, stderr, result].map((stream) => (stream && "read" in stream ? text(stream) : "")),
  );
  if (!measured) throw new Error(`${bundle} ended without an answer:\n${out}${err}`);
  return JSON.parse(measured);
}
