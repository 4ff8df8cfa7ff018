import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SenselessQuestion } from "../ask/explain/senseless.ts";
import { loadConfig } from "../config.ts";
import { packageService } from "../packaging/package-service.ts";
import { findingsOf } from "../proof/findings.ts";
import { readNeighbours } from "../proof/neighbours.ts";
import { prove } from "../proof/prove.ts";
import { reportJson, reportText } from "../proof/report.ts";
import { withLine } from "../stack/source/service.ts";
import { readSources } from "../stack/source/sources.ts";
import { exitOnSignals } from "../terminal/at-exit.ts";
import { complain, ignoreClosedOutput, progress } from "../terminal/terminal.ts";

const usage = `pnpm prove [FUNCTION…] [--stage STAGE] [--region REGION] [--json]

Runs the scenarios that rolecall.config.ts names on this machine, with IAM enforced, and shows that the packaged
service's policies suffice for them, that nothing in them is spare, and that no function and no stage reaches what is
another's. No AWS account needed. Exit code 0 when all of it holds, 1 when it does not, 2 for a question that makes no
sense.

FUNCTION…        tries the policies of these functions alone
--stage STAGE    dev by default
--region REGION  us-east-1 by default`;

const root = fileURLToPath(new URL("../../..", import.meta.url));

ignoreClosedOutput();
exitOnSignals();
const { values, positionals } = parse();
if (values.help) {
  console.error(usage);
  process.exit(0);
}

let wipe = () => {};
const onProgress = (what: string) => {
  wipe();
  wipe = progress(`${what} …`);
};
try {
  const { stage, region } = values;
  const { scenarios, exceptions, transcripts } = await loadConfig(root);
  if (!scenarios)
    throw new SenselessQuestion(
      "There are no scenarios, so nothing shows what the policies are for: name them in rolecall.config.ts.",
    );
  onProgress("packaging");
  const packaged = await packageService({ root, stage, region });
  const proof = await prove({
    ...{ packaged, stage, region, transcripts, exceptions, onProgress },
    scenarios: await scenarios(),
    neighbours: readNeighbours(root, stage, region),
    functions: positionals.length > 0 ? positionals : undefined,
  });
  wipe();
  const findings = findingsOf(proof, await readSources(root));
  console.log(
    values.json ? JSON.stringify(reportJson(proof, findings), null, 2) : reportText(proof, findings),
  );
  process.exitCode = proof.holds ? 0 : 1;
} catch (error) {
  wipe();
  complain(await withLine(error, root));
  process.exitCode = error instanceof SenselessQuestion ? 2 : 1;
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        json: { type: "boolean" },
        region: { type: "string", default: "us-east-1" },
        stage: { type: "string", default: "dev" },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
