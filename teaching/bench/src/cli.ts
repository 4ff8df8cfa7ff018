import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, styleText } from "node:util";
import { columns, complain, ignoreClosedOutput, onStderr, progress } from "rolecall/terminal";
import { atExit, exitOnSignals } from "../../../rolecall/src/terminal/at-exit.ts";
import type { Bench, Report } from "./bench.ts";
import { benches } from "./benches.ts";
import { writePage } from "./report/performance-page.ts";

const estimate = (of: readonly Bench[]) => {
  const seconds = of.reduce((sum, bench) => sum + bench.seconds, 0);
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
};

const usage = `pnpm bench [NAME…] [--rounds N] [--json] [--write]

Measures on this machine. Without a name, everything, in about ${estimate(benches)}:
${benches.map((bench) => `  ${bench.name.padEnd(11)} ${estimate([bench]).padStart(10)}`).join("\n")}
--rounds  how often each thing is measured: more rounds, narrower spreads
--json    everything that was measured, on standard output
--write   puts the tables into docs/performance.md, and the plots beside it`;

const root = fileURLToPath(new URL("../../..", import.meta.url));
ignoreClosedOutput();
exitOnSignals();

const options = parse();
const reports: [Bench, Report][] = [];
const names = options.benches.map(({ name }) => name).join(", ");
console.error(onStderr("dim", `${names}: about ${estimate(options.benches)}`));
try {
  for (const bench of options.benches) {
    const report = await runBench(bench);
    reports.push([bench, report]);
    if (!options.json) console.log(asText(bench, report));
  }
  if (options.json) {
    const data = reports.map(([{ name }, { conditions, data }]) => [name, { conditions, ...data }]);
    console.log(JSON.stringify(Object.fromEntries(data), null, 2));
  }
  if (options.write) await writePage(join(root, "docs"), reports);
} catch (error) {
  complain(error);
  process.exit(1);
}

async function runBench(bench: Bench): Promise<Report> {
  const temporary = await mkdtemp(join(tmpdir(), `bench-${bench.name}-`));
  const remove = () => rmSync(temporary, { recursive: true, force: true });
  const forget = atExit(remove);
  let wipe = () => {};
  try {
    return await bench.run({
      root,
      temporary,
      rounds: options.rounds,
      onProgress: (text) => {
        wipe();
        wipe = progress(`${bench.name}: ${text}`);
      },
    });
  } finally {
    wipe();
    remove();
    forget();
  }
}

function asText({ title }: Bench, { conditions, tables }: Report): string {
  const parts = tables.map(
    ({ caption, columns: headings, rows }) =>
      `${caption}\n\n${columns([headings.map((heading) => styleText("dim", heading)), ...rows]).join("\n")}\n`,
  );
  return [styleText("bold", title), `${styleText("dim", conditions)}\n`, ...parts].join("\n");
}

function parse() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h", default: false },
        json: { type: "boolean", default: false },
        rounds: { type: "string" },
        write: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
      throw new Error(`--rounds ${values.rounds} is no number of rounds.`);
    }
    const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name));
    if (unknown !== undefined) throw new Error(`There is no bench ${unknown}.`);
    const asked = benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
    return { ...values, rounds, benches: asked };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
