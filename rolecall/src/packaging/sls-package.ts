import { spawn } from "node:child_process";
import { accessSync, constants, realpathSync, rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { atExit, isRunning } from "../terminal/at-exit.ts";
import { tell } from "../terminal/terminal.ts";
import { ownNames, type Reads } from "./reads.ts";

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
  /** Told once, after a second, of the process whose packaging this one waits for; says so by default. */
  readonly onWaiting?: (pid: number) => void;
}

/** Milliseconds that another packaging is waited for before anybody is told. */
const quietFor = 1000;

const recordName = "reads.json";
const recorder = fileURLToPath(new URL("record-reads.cjs", import.meta.url));

/**
 * Packages the service as `sls package --stage STAGE --region REGION` does: offline, and with nothing of the
 * developer's AWS configuration.
 *
 * @returns what packaging read, where the framework's process could be followed; undefined too where it did nothing.
 * @throws Error with what the framework said, when packaging fails.
 */
export async function slsPackage({
  root,
  stage,
  region,
  into,
  params = {},
  unless = async () => false,
  onWaiting = (pid) => tell(["dim", `waiting for another packaging (process ${pid}) …`]),
}: PackageOptions): Promise<Reads | undefined> {
  const unlock = await lock(join(root, "node_modules", ".cache", "sls-package.lock"), onWaiting);
  // A temporary directory of its own, because a packaging leaves one behind for each function.
  const temporary = await mkdtemp(join(tmpdir(), "sls-package-"));
  const forget = atExit(() => rmSync(temporary, { recursive: true, force: true }));
  try {
    if (await unless()) return undefined;
    const packaged = join(temporary, "packaged");
    const paramArgs = Object.entries(params).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
    const args = ["package", "--stage", stage, "--region", region, "--package", packaged, ...paramArgs];
    await runFramework(root, args, temporary);
    await cp(packaged, into, { recursive: true });
    return await readFile(join(temporary, recordName), "utf8").then(JSON.parse, () => undefined);
  } finally {
    await rm(temporary, { recursive: true, force: true });
    forget();
    unlock();
  }
}

/** The developer's environment as the framework finds it. */
export function frameworkVariables(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS|SLS|SERVERLESS)_/i.test(name)),
  );
}

async function runFramework(root: string, args: readonly string[], temporary: string): Promise<void> {
  const record = {
    out: join(temporary, recordName),
    root,
    // What packaging writes itself, and what the framework remembers of its own.
    ignored: [
      ...[temporary, realpathSync(temporary)],
      ...[join(root, ".serverless"), join(root, ".esbuild")],
      ...[join(homedir(), ".serverless"), join(homedir(), ".serverlessrc")],
    ],
    ownNames,
    ownVariables: [...Object.keys(temporaryVariables(temporary)), "NODE_COMPILE_CACHE"],
  };
  const child = spawn(process.execPath, ["--require", recorder, frameworkOf(root), ...args], {
    cwd: root,
    env: {
      // The framework is thousands of files: compiled once, it starts in half the time.
      NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compile"),
      ...frameworkVariables(),
      ...temporaryVariables(temporary),
      ...(await writableHome(root)),
      ROLECALL_RECORD_READS: JSON.stringify(record),
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

const temporaryVariables = (folder: string) => ({ TMPDIR: folder, TEMP: folder, TMP: folder });

/** The command of the framework that the project has installed: osls, or the Serverless Framework. */
function frameworkOf(root: string): string {
  const { resolve } = createRequire(join(root, "package.json"));
  for (const name of ["osls/bin/serverless.js", "serverless/bin/serverless.js", "serverless/run.js"]) {
    try {
      return resolve(name);
    } catch {
      // The next one, maybe.
    }
  }
  throw new Error(
    `Neither osls nor serverless is installed in ${root}: install the project's dependencies first.`,
  );
}

/** The framework writes into the home. Where nobody may write there, or there is none, it gets one of the project's. */
async function writableHome(root: string): Promise<Record<string, string>> {
  try {
    // With the dot, a home that is a file is none.
    accessSync(`${homedir()}/.`, constants.W_OK);
    return {};
  } catch {
    const home = join(root, "node_modules", ".cache", "home");
    await mkdir(home, { recursive: true });
    return { HOME: home, USERPROFILE: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, LOCALAPPDATA: home };
  }
}

/** What the framework said, without where in its own code it was. */
const withoutStack = (output: string): string => output.replaceAll(/^ {4}at .*\n?/gm, "");

/**
 * The framework works in two folders under the root, so one packaging waits for another, of other processes too. The
 * lock of a process that died is taken over.
 *
 * @returns Unlocks.
 */
async function lock(path: string, onWaiting: (owner: number) => void): Promise<() => void> {
  await mkdir(dirname(path), { recursive: true });
  const begin = Date.now();
  let isTold = false;
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
    else {
      await sleep(50);
      if (owner > 0 && !isTold && Date.now() - begin > quietFor) {
        isTold = true;
        onWaiting(owner);
      }
    }
  }
}
