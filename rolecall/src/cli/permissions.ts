import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { blastRadius } from "../ask/blast-radius/blast-radius.ts";
import { blastRadiusText } from "../ask/blast-radius/text.ts";
import type { Finding } from "../ask/lint/finding.ts";
import { lint } from "../ask/lint/lint.ts";
import { documentedPlace, permissionsDocument } from "../ask/report/document.ts";
import { findingsText } from "../ask/report/findings.ts";
import { permissionsText } from "../ask/report/text.ts";
import { type PermissionsView, viewPermissions } from "../ask/report/view.ts";
import { readService, type Service } from "../stack/source/service.ts";
import { readSources, type Sources } from "../stack/source/sources.ts";
import { exitOnSignals } from "../terminal/at-exit.ts";
import { complain, ignoreClosedOutput, progress } from "../terminal/terminal.ts";

const usage = `pnpm run permissions [FUNCTION] [--stage STAGE] [--region REGION] [--json]
pnpm run permissions --check | --write

Who may do what, and who may call whom, in the packaged template: before it is deployed.

FUNCTION  only this one, by its key
--stage   dev when it is not given
--json    everything in full, for machines
--write   writes docs/permissions.md
--check   exits 1 when docs/permissions.md is not what --write would write

Exits 1 when the lint finds something, 2 for a question that makes no sense.`;

const root = fileURLToPath(new URL("../../..", import.meta.url));
const page = join(root, "docs", "permissions.md");

ignoreClosedOutput();
exitOnSignals();

const options = parse();
process.exitCode = await run().catch((error) => {
  complain(error);
  return 1;
});

async function run(): Promise<number> {
  const sources = await readSources(root);
  if (options.write || options.check) return documentCommand(sources);

  const service = await packaged(options);
  const view = viewPermissions(service, sources);
  const shown = options.functionKey === undefined ? view : only(view, options.functionKey);
  if (shown === undefined) {
    const known = view.functions.map(({ functionKey }) => functionKey).join(", ");
    complain(`There is no function "${options.functionKey}". There are ${known}.`);
    return 2;
  }
  const radius = await blastRadius(service);
  const findings = (await lint(service, sources)).filter((finding) => isAbout(finding, options.functionKey));
  if (options.json) console.log(JSON.stringify({ ...shown, blastRadius: radius, findings }, undefined, 2));
  else {
    console.log(permissionsText(shown, service.stack));
    if (options.functionKey === undefined) console.log(`${blastRadiusText(radius)}\n`);
    console.log(findingsText(findings));
  }
  return findings.some(({ accepted }) => accepted === undefined) ? 1 : 0;
}

async function documentCommand(sources: Sources): Promise<number> {
  const service = await packaged(documentedPlace);
  const view = viewPermissions(service, sources);
  const text = permissionsDocument(view, service.stack, await blastRadius(service));
  if (options.write) {
    await writeFile(page, text);
    console.log("docs/permissions.md is written.");
    return 0;
  }
  const written = await readFile(page, "utf8").catch(() => "");
  // A checkout on Windows may end its lines otherwise.
  if (written.replaceAll("\r\n", "\n") === text) {
    console.log("docs/permissions.md says what the template says.");
    return 0;
  }
  complain(
    `docs/permissions.md does not say what the template says. To write it anew: pnpm run permissions --write`,
  );
  return 1;
}

async function packaged(place: { readonly stage: string; readonly region: string }): Promise<Service> {
  let done = () => {};
  try {
    return await readService({
      root,
      stage: place.stage,
      region: place.region,
      onPackaging: () => {
        done = progress("packaging …");
      },
    });
  } finally {
    done();
  }
}

/** A function's findings are about it, or about `FUNCTION/Sid`. */
function isAbout({ subject }: Finding, functionKey: string | undefined): boolean {
  return functionKey === undefined || subject.split("/")[0] === functionKey;
}

/** One function, and the routes that lead to it. */
function only(view: PermissionsView, functionKey: string): PermissionsView | undefined {
  const functions = view.functions.filter((one) => one.functionKey === functionKey);
  if (functions.length === 0) return undefined;
  const apis = view.apis
    .map((api) => ({ ...api, routes: api.routes.filter((route) => route.functionKey === functionKey) }))
    .filter(({ routes }) => routes.length > 0);
  return { ...view, functions, resources: [], apis };
}

function parse() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        check: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        json: { type: "boolean", default: false },
        region: { type: "string", default: "us-east-1" },
        stage: { type: "string", default: "dev" },
        write: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const [functionKey, ...others] = positionals;
    if (others.length > 0) throw new Error(`One function at a time: ${positionals.join(" ")}`);
    if (values.check && values.write) throw new Error("Either --check or --write.");
    return { ...values, functionKey };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
