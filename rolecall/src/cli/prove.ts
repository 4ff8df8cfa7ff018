import { SenselessQuestion } from "../ask/explain/senseless.ts";
import { loadConfig } from "../config.ts";
import { environmentOf, readProject } from "../project/open.ts";
import { findingsOf } from "../proof/findings.ts";
import { readNeighbours } from "../proof/neighbours.ts";
import { prove } from "../proof/prove.ts";
import { reportJson, reportText } from "../proof/report.ts";
import { withLine } from "../stack/source/service.ts";
import type { Sources } from "../stack/source/sources.ts";
import { exitOnSignals } from "../terminal/at-exit.ts";
import { complain, ignoreClosedOutput, print, progress } from "../terminal/terminal.ts";
import { givenOptions, parseCommand, projectOptions, projectUsage } from "./options.ts";

const usage = `rolecall prove [FUNCTION…] [--template FILE] [--stage STAGE] [--region REGION] [--json] …

Runs the scenarios that rolecall.config.ts names on this machine, with IAM enforced, and shows that the packaged
policies suffice for them, that nothing in them is spare, and that no function and no stage reaches what is another's. No
AWS account needed. Exit code 0 when all of it holds, 1 when it does not, 2 for a question that makes no sense.

FUNCTION…           tries the policies of these functions alone
${projectUsage}`;

export async function proveCommand(): Promise<void> {
  ignoreClosedOutput();
  exitOnSignals();
  const options = parseCommand(usage, projectOptions, (values, functions) => ({ ...values, functions }));
  let wipe = () => {};
  const onProgress = (what: string) => {
    wipe();
    wipe = progress(`${what} …`);
  };
  let sources: Sources | undefined;
  try {
    const { scenarios, exceptions, transcripts } = await loadConfig(process.cwd());
    if (!scenarios)
      throw new SenselessQuestion(
        "There are no scenarios, so nothing shows what the policies are for: name them in rolecall.config.ts.",
      );
    onProgress("packaging");
    const given = await givenOptions(options);
    const project = await readProject(given);
    sources = project.sources;
    const { stage = "local", root, isFresh } = project;
    const { region, parameters = {}, policies = {} } = environmentOf(project, given);
    const proof = await prove({
      ...{ packaged: project.file, stage, region, parameters, policies, transcripts, exceptions, onProgress },
      scenarios: await scenarios(),
      // Another stage is another package, which only the framework can make.
      neighbours: isFresh ? readNeighbours(root, stage, region) : Promise.resolve([]),
      functions: options.functions.length > 0 ? options.functions : undefined,
    });
    wipe();
    const findings = findingsOf(proof, sources);
    print(options.json ? JSON.stringify(reportJson(proof, findings), null, 2) : reportText(proof, findings));
    process.exitCode = proof.holds ? 0 : 1;
  } catch (error) {
    wipe();
    complain(sources === undefined ? error : withLine(error, sources));
    process.exitCode = error instanceof SenselessQuestion ? 2 : 1;
  }
}
