import { spawn } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import { basename, delimiter, join, resolve } from "node:path";
import { CannotHear } from "./recogniser.ts";

/** Characters; what a speech engine writes about four hours is far less. */
const mostOutput = 64 * 1024 ** 2;
const keptOfStderr = 8 * 1024;

export interface ProgramRun {
  /** The executable's path, then its arguments; no shell reads them. */
  readonly commandLine: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/**
 * Runs a program to its end, with everything that it starts.
 *
 * @returns what it wrote to standard output
 * @throws {CannotHear} when it cannot be started, fails, or takes too long; with what it said to standard error
 * @throws the signal's reason when it is aborted
 */
export async function runProgram(run: ProgramRun): Promise<string> {
  const { commandLine, environment, timeout, signal } = run;
  const [executable, ...args] = commandLine;
  signal.throwIfAborted();
  const output = { stdout: "", stderr: "" };
  let killedFor: string | undefined;
  const code = await new Promise<number | string>((resolvePromise, reject) => {
    // A process group of its own on POSIX: a script's children end with it.
    const detached = process.platform !== "win32";
    const child = spawn(executable, args, {
      detached,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    const kill = (reason: string) => {
      killedFor ??= reason;
      if (child.pid === undefined) return;
      try {
        process.kill(detached ? -child.pid : child.pid, "SIGKILL");
      } catch {
        // It is gone already.
      }
    };
    const timer = setTimeout(() => kill(`did not end within ${timeout / 1000} seconds`), timeout);
    const onAbort = () => kill("was ended");
    signal.addEventListener("abort", onAbort);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output.stdout += text;
      if (output.stdout.length > mostOutput) kill("wrote more than any transcript has");
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output.stderr = (output.stderr + text).slice(-keptOfStderr);
    });
    const settle = (done: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      done();
    };
    child.once("error", (error) => settle(() => reject(error)));
    child.once("close", (exitCode, killer) =>
      settle(() => resolvePromise(exitCode ?? `signal ${String(killer)}`)),
    );
  }).catch((error: Error) => {
    throw new CannotHear(`${executable} cannot be started: ${error.message}`);
  });
  signal.throwIfAborted();
  if (killedFor === undefined && code === 0) return output.stdout;
  const what = killedFor ?? `failed (${typeof code === "number" ? `exit code ${code}` : code})`;
  throw new CannotHear(
    [`${basename(executable)} ${what}`, complaint(output.stderr)].filter(Boolean).join(": "),
  );
}

/** The last lines that complain, or the last lines at all. */
function complaint(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const complaints = lines.filter((line) => /error|fatal|fail/i.test(line));
  return (complaints.length > 0 ? complaints : lines).slice(-3).join(" ");
}

/**
 * Finds a program as a shell would, on `PATH` unless it is named with its folder. On Windows only an `.exe`: nothing
 * else runs without a shell.
 *
 * @returns its absolute path
 */
export async function findProgram(name: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const isPath = basename(name) !== name;
  const path = environment.PATH ?? environment.Path ?? "";
  const folders = isPath ? ["."] : path.split(delimiter).filter(Boolean);
  const endings = process.platform === "win32" && !/\.exe$/i.test(name) ? [".exe"] : [""];
  for (const folder of folders) {
    for (const ending of endings) {
      const candidate = resolve(isPath ? name + ending : join(folder, name + ending));
      if (await isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
