import { onLocalRun, samples } from "@voice-notes/scenarios";
import { openProject, type ProjectService, packageService } from "rolecall";
import { startScenarioRunner } from "rolecall/scenario-runner";
import { applyChanges, type ChangedFile } from "./change.ts";
import { unifiedDiff } from "./diff.ts";
import type { AtDeployment, InUse, Lab } from "./lab.ts";
import { createScratch, reuseBundles } from "./scratch.ts";
import { askTools, type ToolAnswer } from "./tools.ts";

/** The one that `explain` takes, too, when it is told none. */
const place = { stage: "dev", region: "us-east-1" };

export interface LabRun {
  /** The mistake, as a unified diff. */
  readonly diff: string;
  /** What somebody reads who made it. */
  readonly symptom: string;
  /** What this project's tools say of it. */
  readonly tools: readonly ToolAnswer[];
}

/**
 * Makes the mistake in a copy of the service, packages that and uses it on this machine.
 *
 * @param root The folder of serverless.yml.
 * @throws Error when the mistake does not show as it should
 */
export async function runLab(lab: Lab, root: string): Promise<LabRun> {
  const { changes, caller, dependencies, shows } = lab;
  await using scratch = await createScratch(root, dependencies);
  const changed = await applyChanges(scratch.root, changes);
  const diff = unifiedDiff([...changed, ...(caller ? [{ file: "the caller", ...caller }] : [])]);
  if (keepsBundles(changed, diff)) await reuseBundles(scratch, await packageService({ root, ...place }));
  const packaged = await packageService({ root: scratch.root, ...place });
  const symptom =
    shows.at === "deployment" ? await deploy(packaged, shows) : (await use(packaged, shows)).join("\n");
  const service = await openProject({ root: scratch.root, ...place }).catch((error: unknown) => {
    // What a template says that CloudFormation refuses is nothing to ask about.
    if (error instanceof Error && symptom === error.message) return undefined;
    throw error;
  });
  const tools = service ? await askTools(symptom, lab, materialOf(scratch.root, service)) : [];
  return { diff, symptom, tools };
}

/** Whether the functions' code stays what it is, and how it is bundled. */
function keepsBundles(changed: readonly ChangedFile[], diff: string): boolean {
  const isYaml = changed.every(({ file }) => file.endsWith(".yml"));
  return isYaml && !/^[+-].*\b(esbuild|handler|package|patterns)\b/m.test(diff);
}

function materialOf(root: string, service: ProjectService) {
  return {
    service,
    sources: service.sources,
    open: (there: { readonly stage?: string }) => openProject({ root, ...place, ...there }),
  };
}

/** @returns what AWS says when it refuses */
async function deploy(packaged: string, { refusal }: AtDeployment): Promise<string> {
  const message = await startScenarioRunner({ packaged, ...place, transcripts: samples }).then(
    async (runner) => {
      await runner.close();
      return "It is deployed.";
    },
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (!refusal.test(message)) throw new Error(`Expected ${refusal}, and what was said is: ${message}`);
  return message;
}

async function use(packaged: string, { observe }: InUse): Promise<readonly string[]> {
  const runner = await startScenarioRunner({ packaged, ...place, transcripts: samples });
  try {
    let observed: readonly string[] = [];
    const { failure } = await runner.run(
      onLocalRun({
        name: "a mistake shows",
        async steps(stage) {
          observed = await observe(stage, { packaged });
        },
      }),
    );
    if (failure) throw failure;
    return observed;
  } finally {
    await runner.close();
  }
}
