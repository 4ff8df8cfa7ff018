import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe } from "vitest";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Declares a suite that needs a program. Where the program is not on the PATH, the suite is skipped, and its name says
 * so.
 */
export function describeClient(name: string, program: string, suite: (executable: string) => void): void {
  const executable = findProgram(program);
  if (executable === undefined) {
    describe.skip(`${name} (not run: there is no ${program} on the PATH)`, () => suite(program));
  } else {
    describe(name, () => suite(executable));
  }
}

function findProgram(name: string): string | undefined {
  const suffixes = process.platform === "win32" ? [".exe", ".cmd"] : [""];
  return (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => suffixes.map((suffix) => join(folder, name + suffix)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** An empty folder that is removed at the end of its scope. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "client-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Runs a program to its end, in a folder that is its home as well. It sees nothing of this process's environment but
 * what finds programs, so no AWS profile of a developer's reaches it.
 *
 * @param input its standard input
 */
export function run(
  executable: string,
  args: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>> = {},
  input = "",
): Promise<Ran> {
  const { PATH = "", SystemRoot } = process.env;
  const env = { PATH, ...(SystemRoot && { SystemRoot }), HOME: folder, LC_ALL: "C.UTF-8", ...variables };
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, env, maxBuffer: 64 * 1024 ** 2 };
    const child = execFile(executable, args, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
    child.stdin?.end(input);
  });
}
