import { parseArgs } from "node:util";
import { root } from "@voice-notes/scenarios";
import { complain, ignoreClosedOutput, progress } from "rolecall/terminal";
import { exitOnSignals } from "../../../rolecall/src/terminal/at-exit.ts";
import type { Lab } from "./lab.ts";
import { labs } from "./labs.ts";
import { type Page, pagePath, readPage, writePage } from "./page.ts";
import { runLab } from "./run-lab.ts";
import { runLabs } from "./run-labs.ts";
import { labText, listText } from "./text.ts";

const usage = `pnpm lab [NAME] [--json]
pnpm lab --write [NAME…]

Mistakes that people make with permissions, made in a copy of the service and run on this machine: what changes, what
one reads then, why, and what cures it. No AWS account needed. Without a name, lists them.

NAME     one of the list
--write  writes what the labs print into their pages, docs/mistakes/NAME.md
--json   everything in full, for machines

Exits 0 when the mistake showed as it should, 1 when it did not, 2 for a name that is none.`;

ignoreClosedOutput();
exitOnSignals();

const options = parse();
process.exitCode = await run().catch((error: unknown) => {
  complain(error);
  return 1;
});

async function run(): Promise<number> {
  if (options.write) return writePages(options.labs.length > 0 ? options.labs : labs);
  const [lab] = options.labs;
  return lab ? show(lab) : list();
}

async function list(): Promise<number> {
  const pages = new Map<string, Page>();
  for (const { name } of labs) pages.set(name, await readPage(root, name));
  const rows = [...pages].map(([name, { title }]) => ({ name, title, page: pagePath(name) }));
  console.log(options.json ? JSON.stringify(rows, undefined, 2) : listText(pages));
  return 0;
}

async function show(lab: Lab): Promise<number> {
  const page = await readPage(root, lab.name);
  const done = progress("packaging a copy with the mistake in it, and running it …");
  const ran = await runLab(lab, root).finally(done);
  console.log(
    options.json
      ? JSON.stringify({ name: lab.name, ...page, ...ran }, undefined, 2)
      : labText(lab, page, ran),
  );
  return 0;
}

async function writePages(chosen: readonly Lab[]): Promise<number> {
  let left = chosen.length;
  let wipe = progress(`${left} labs …`);
  let exitCode = 0;
  await runLabs(chosen, root, async ({ name }, outcome) => {
    left -= 1;
    wipe();
    try {
      await writePage(root, name, outcome);
      console.log(`${pagePath(name)} is written.`);
    } catch (error) {
      complain(`${name}: ${error instanceof Error ? error.message : error}`);
      exitCode = 1;
    }
    wipe = progress(`${left} labs …`);
  });
  wipe();
  return exitCode;
}

function parse() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h", default: false },
        json: { type: "boolean", default: false },
        write: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    if (!values.write && positionals.length > 1) throw new Error("One lab at a time.");
    return { ...values, labs: positionals.map(labNamed) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}

function labNamed(name: string): Lab {
  const lab = labs.find((one) => one.name === name);
  if (!lab) throw new Error(`There is no lab ${name}. There are ${labs.map((one) => one.name).join(", ")}.`);
  return lab;
}
