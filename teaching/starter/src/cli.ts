import { spawn } from "node:child_process";
import { basename, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { complain, ignoreClosedOutput } from "rolecall/terminal";
import { rootAbove } from "./contents.ts";
import { writeStarter } from "./starter.ts";

const usage = `pnpm new DIR [--name NAME] [--without-rolecall] [--no-install]

Writes this service into DIR as a project of your own: renamed in every place, without labs, benches and pages. Then it
installs what the project needs, runs its tests, and makes its first commit.

DIR                 a folder that is not there yet, or an empty one
--name NAME         of the service: 1 to 20 lower-case letters, digits or dashes; the folder's name by default
--without-rolecall  without the toolkit and the scenarios: what deploys, its tests, the deployer
--no-install        only writes the files`;

const root = rootAbove(fileURLToPath(import.meta.url));

ignoreClosedOutput();
const { folder, name, withToolkit, installs } = parse();
try {
  const files = await writeStarter({ root, folder, name, withToolkit });
  console.log(`${files.length} files written to ${folder}`);
  if (installs) {
    await run("installing", ...pnpm("install", "--no-frozen-lockfile", "--prefer-offline"));
    // Another scope sorts otherwise among the imports.
    await run("formatting", ...pnpm("run", "format"));
    await run("testing", ...pnpm("test"));
    await commit();
  }
  console.log(`\nNext:\n\n  cd ${relative(process.cwd(), folder) || "."}\n  ${next().join("\n  ")}`);
} catch (error) {
  complain(error);
  process.exitCode = 1;
}

function next(): string[] {
  const install = installs ? [] : ["npx --yes pnpm@12 install", "git init"];
  return [...install, withToolkit ? "npx --yes pnpm@12 demo" : "npx --yes pnpm@12 sls package"];
}

/** The pnpm that runs this, or one that npx fetches. */
function pnpm(...args: string[]): [string, readonly string[]] {
  const { npm_execpath: program = "", npm_config_user_agent: agent = "" } = process.env;
  if (!agent.startsWith("pnpm/")) return ["npx", ["--yes", "pnpm@12", ...args]];
  return /\.[cm]?js$/.test(program) ? [process.execPath, [program, ...args]] : [program, args];
}

async function commit(): Promise<void> {
  await run("git", "git", ["init", "--quiet", "--initial-branch=main"]);
  await run("git", "git", ["add", "--all"]);
  await run("git", "git", ["commit", "--quiet", "--message", `Begin ${name}`]).catch(() => {
    console.error(
      "git could not commit: say who you are (git config user.name, user.email), then: git commit --message Begin",
    );
  });
}

/** @throws Error that names the command, when it fails; what it printed has been shown. */
async function run(what: string, command: string, args: readonly string[]): Promise<void> {
  if (what !== "git") console.log(`${what} …`);
  // A shell finds npx on Windows, where it is a script.
  const shell = process.platform === "win32" && command === "npx";
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(?:package|lifecycle)_/.test(key)),
  );
  const child = spawn(command, args, { cwd: folder, stdio: "inherit", shell, env });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail).once("close", done);
  });
  if (code !== 0) throw new Error(`${basename(command)} ${args.join(" ")} failed in ${folder}`);
}

function parse() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h", default: false },
        name: { type: "string" },
        "no-install": { type: "boolean", default: false },
        "without-rolecall": { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const [given, ...more] = positionals;
    if (given === undefined || more.length > 0) throw new Error("Missing argument: one DIR");
    // pnpm changes into the package's folder; the caller's own is what a path is relative to.
    const to = resolve(process.env.INIT_CWD ?? process.cwd(), given);
    return {
      folder: to,
      name: values.name ?? basename(to),
      withToolkit: !values["without-rolecall"],
      installs: !values["no-install"],
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
