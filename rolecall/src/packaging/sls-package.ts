import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atExit } from "../terminal/at-exit.ts";

export interface PackageOptions {
  /** The folder of serverless.yml. */
  readonly root: string;
  readonly stage: string;
  readonly region: string;
  /** Where the templates and the functions' zips go; made when it is not there. */
  readonly into: string;
  /** As in `sls package --param NAME=VALUE`. */
  readonly params?: Readonly<Record<string, string>>;
  /** Asked when it is this one's turn: whether another process has made it meanwhile. */
  readonly unless?: () => Promise<boolean>;
}

/**
 * Packages the service as `sls package --stage STAGE --region REGION` does: offline, and with nothing of the
 * developer's AWS configuration.
 *
 * @returns whether it did.
 * @throws Error with what the framework said, when packaging fails.
 */
export async function slsPackage({
  root,
  stage,
  region,
  into,
  params = {},
  unless = async () => false,
}: PackageOptions): Promise<boolean> {
  const unlock = await lock(join(root, "node_modules", ".cache", "sls-package.lock"));
  // A temporary directory of its own, because a packaging leaves one behind for each function.
  const temporary = await mkdtemp(join(tmpdir(), "sls-package-"));
  const forget = atExit(() => rmSync(temporary, { recursive: true, force: true }));
  try {
    if (await unless()) return false;
    const packaged = join(temporary, "packaged");
    const paramArgs = Object.entries(params).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
    const args = ["package", "--stage", stage, "--region", region, "--package", packaged, ...paramArgs];
    await runFramework(root, args, temporary);
    await cp(packaged, into, { recursive: true });
    return true;
  } finally {
    await rm(temporary, { recursive: true, force: true });
    forget();
    unlock();
  }
}

async function runFramework(root: string, args: readonly string[], temporary: string): Promise<void> {
  const sls = createRequire(join(root, "package.json")).resolve("osls/bin/serverless.js");
  const environment = Object.entries(process.env).filter(([name]) => !/^(AWS|SLS|SERVERLESS)_/i.test(name));
  const child = spawn(process.execPath, [sls, ...args], {
    cwd: root,
    env: {
      // The framework is thousands of files: compiled once, it starts in half the time.
      NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compile"),
      ...Object.fromEntries(environment),
      ...{ TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const forget = atExit(() => child.kill());
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  }).finally(forget);
  if (code !== 0)
    throw new Error(`sls ${args.slice(0, 5).join(" ")} failed:\n${withoutStack(output).trim()}`);
}

/** What the framework said, without where in its own code it was. */
const withoutStack = (output: string): string => output.replaceAll(/^ {4}at .*\n?/gm, "");

/**
 * The framework works in two folders under the root, so one packaging waits for another, of other processes too. The
 * lock of a process that died is taken over.
 *
 * @returns Unlocks.
 */
async function lock(path: string): Promise<() => void> {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: "wx" });
      const unlock = () => rmSync(path, { force: true });
      const forget = atExit(unlock);
      return () => {
        unlock();
        forget();
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    // An empty file is one that is being written.
    if (owner > 0 && !isRunning(owner)) await rm(path, { force: true });
    else await sleep(50);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process runs, too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
