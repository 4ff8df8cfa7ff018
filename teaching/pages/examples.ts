import { execFile, execFileSync } from "node:child_process";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runningPnpm } from "../running-pnpm.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Commands of the documentation that are not run from it, and what does it in their place. */
export const elsewhere: readonly { readonly command: RegExp; readonly because: string }[] = [
  { command: /^pnpm test(:\w+)?$/, because: "this is a part of it" },
  { command: /^pnpm start\b/, because: "it runs until Ctrl-C; its own test starts and ends it" },
  {
    command: /^pnpm (install|sls package)\b/,
    because: "it changes the clone; a test does it in a copy",
  },
  {
    command: /^pnpm lab --write$/,
    because: "it writes pages; a test runs each lab and holds its page to what it prints",
  },
  {
    command: /^export LOCAL_SPEECH=/,
    because: "it names a program that few machines have; the tests of speech/ name one of their own",
  },
  { command: /^pnpm new\b/, because: "it writes a project; a test makes one of each kind" },
  { command: /^pnpm prove readText$/, because: "it takes a function that a test adds in a copy" },
  { command: /\b[A-Z][A-Z-]+\b(?!=)/, because: "what is in capitals is for the reader to fill in" },
];

/** A page of the documentation. */
export interface Page {
  /** Relative to the root, with slashes. */
  readonly name: string;
  readonly text: string;
}

/** Commands that stand together, and what they print, where the page shows it. */
export interface Example {
  readonly commands: readonly string[];
  /** Where an AWS account is needed, which tests do not have. */
  readonly needsAccount: boolean;
  /** The block behind the commands: the text, and where it begins in the page. */
  readonly output?: { readonly text: string; readonly index: number };
}

export async function readPages(): Promise<readonly Page[]> {
  const found = await Array.fromAsync(
    glob("**/*.md", { cwd: root, exclude: ["**/node_modules", "**/.serverless", ".github"] }),
  );
  const names = found.map((name) => name.replaceAll("\\", "/")).sort();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(root, name), "utf8") })));
}

/** The blocks of code of a page: the word behind the fence, what follows it, and the lines. */
const blocksOf = (text: string) => [...text.matchAll(/^```(\S*)(?: ([^\n]*))?\n(.*?)^```$/gms)];

/** The language of each block of code of a page. */
export const languagesOf = ({ text }: Page) => blocksOf(text).map(([, language = ""]) => language);

/**
 * The examples of a page, in order: the lines of each block of `sh`, and the block of `text` that follows it, if one
 * does, before any other block.
 */
export function examplesOf({ text }: Page): readonly Example[] {
  const blocks = blocksOf(text);
  return blocks.flatMap(([, language, info, content = ""], position) => {
    if (language !== "sh") return [];
    const commands = content.replaceAll("\\\n", " ").split("\n").flatMap(commandOf);
    const next = blocks[position + 1];
    const shown = next?.[1] === "text" ? next : undefined;
    return [
      {
        commands,
        needsAccount: info === "account",
        ...(shown && {
          output: { text: shown[3] ?? "", index: shown.index + shown[0].indexOf("\n") + 1 },
        }),
      },
    ];
  });
}

/** The commands that pnpm has by itself: a script of such a name is run by `pnpm run` alone. */
export function pnpmCommands(): readonly string[] {
  const [program, ...args] = runningPnpm();
  const help = execFileSync(program, [...args, "help", "--all"], { encoding: "utf8" });
  const commands = [...help.matchAll(/^ {2,10}([a-z][a-z-]+) {2,}\S/gm)].flatMap(
    ([, command]) => command ?? [],
  );
  if (!commands.includes("install")) throw new Error("pnpm help --all does not list its commands as it did.");
  return commands;
}

/** The command of a line, if there is one, without the comment behind it. */
function commandOf(line: string): string[] {
  const command = line
    .trim()
    .replace(/(^|\s+)#.*$/, "")
    .replace(/^npx --yes pnpm@\d+ /, "pnpm ");
  return command === "" ? [] : [command];
}

/** Those of its commands that are to be run here. */
export function commandsToRun({ commands, needsAccount }: Example): readonly string[] {
  if (needsAccount) return [];
  return commands.filter((line) => !elsewhere.some(({ command }) => command.test(line)));
}

/** What commands printed, and which of them did not end with 0. */
export interface Ran {
  readonly printed: string;
  readonly failed: readonly string[];
}

/** Runs commands one after the other, as package.json has them. */
export async function run(commands: readonly string[]): Promise<Ran> {
  const outputs: string[] = [];
  const failed: string[] = [];
  for (const command of commands) {
    const { printed, code } = await output(await programOf(command));
    outputs.push(printed);
    // A denial is an answer.
    const isAnswer = code === 0 || (code === 1 && command.startsWith("pnpm explain "));
    if (!isAnswer) failed.push(`${command}\n${printed}`);
  }
  return { printed: outputs.join("\n\n"), failed };
}

/** What Node is to run for a command, and with which arguments. */
async function programOf(command: string): Promise<readonly string[]> {
  const [program, name = "", ...args] = words(command.replace(/^pnpm run /, "pnpm "));
  if (program === "pnpm" && name === "sls")
    return [join(root, "node_modules/osls/bin/serverless.js"), ...args];
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const [node, script, ...own] = String(scripts[name] ?? "").split(" ");
  if (program !== "pnpm" || node !== "node" || script === undefined) {
    throw new Error(`${command}: package.json has no such script, and examples.ts no reason not to run it`);
  }
  return [join(root, script), ...own, ...args];
}

/** What is wrong with a command that no test can run: a quote that does not end, an option that its help does not name. */
export async function syntaxErrors(command: string): Promise<readonly string[]> {
  const unquoted = command.replace(/"[^"]*"|'[^']*'/g, "");
  const open = /["']/.test(unquoted) ? ["a quote that does not end"] : [];
  const [program, name = "", ...rest] = words(unquoted.replace(/^pnpm run /, "pnpm "));
  const options = rest.filter((word) => word.startsWith("--"));
  if (program !== "pnpm" || options.length === 0) return open;
  const help = await helpOf(name === "sls" ? `pnpm sls ${rest[0]}` : `pnpm ${name}`);
  return [...open, ...options.filter((option) => !new RegExp(`${option}(?![\\w-])`).test(help))];
}

const helps = new Map<string, Promise<string>>();

function helpOf(command: string): Promise<string> {
  const known = helps.get(command);
  if (known) return known;
  const help = programOf(`${command} --help`)
    .then(output)
    .then(({ printed }) => printed);
  helps.set(command, help);
  return help;
}

function output(args: readonly string[]): Promise<{ readonly printed: string; readonly code: number }> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|FORCE_COLOR$|VITEST)/.test(name));
  const env = { ...Object.fromEntries(inherited), LOCAL_SPEECH: "recorded", NO_COLOR: "1" };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { cwd: root, env, maxBuffer: 16 * 1024 ** 2 },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== "number") return reject(error);
        const printed = `${stdout}${stderr}`.replaceAll(`${root}`, "").trimEnd();
        resolve({ printed, code: Number(error?.code ?? 0) });
      },
    );
  });
}

/** Splits a command line as a shell does: quotes hold words together. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single),
  );
}

/** What differs from run to run, made the same: ids, times, durations, ports, what was seen of a job. */
export function normalised(text: string): string {
  return text
    .replace(/^waiting for another packaging .*\n?/gm, "") // another test packages meanwhile
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "{uuid}")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "{time}")
    .replace(/(127\.0\.0\.1):\d+/g, "$1:{port}")
    .replace(/\b\d+(\.\d+)? (s|ms)\b|before, and nothing changed/g, "{duration}")
    .replace(/(?<=×) +\d+\b/g, " {times}")
    .replace(/(\w+ → )+completed/g, "{states} → completed") // whoever asks now and then does not see each
    .replace(/[ \t]+/g, " ")
    .replace(/ +$/gm, "");
}

/** Whether a page shows what was printed; a line of `…` alone stands for any number of lines. */
export function isShown(shown: string, printed: string): boolean {
  const parts = normalised(shown.trim()).split(/^…$/m);
  const pattern = parts.map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[^]*");
  return new RegExp(`^${pattern}$`).test(normalised(printed.trim()));
}
