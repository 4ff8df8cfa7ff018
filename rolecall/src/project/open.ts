import { readFile } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { packageService } from "../packaging/package-service.ts";
import type { Environment } from "../stack/naming.ts";
import { describeService, type Service, withLine } from "../stack/source/service.ts";
import type { Sources } from "../stack/source/sources.ts";
import { resolveTemplate } from "../stack/template.ts";
import { findProject } from "./find.ts";
import { type Packaged, readPackaged } from "./packaged.ts";

export interface ProjectOptions {
  /** The project's folder. */
  readonly root: string;
  /** A template, relative to the project's folder; it is looked for when absent. */
  readonly template?: string | undefined;
  /** What is packaged; of what was packaged before, it must be the same. */
  readonly stage?: string | undefined;
  /** What is packaged when no stage is given; `dev` when absent. */
  readonly usualStage?: string | undefined;
  readonly region?: string | undefined;
  /** Twelve digits; that of AWS's own examples when absent: before a deployment nobody knows which it will be. */
  readonly accountId?: string | undefined;
  /** That of the region when absent. */
  readonly partition?: string | undefined;
  /** As in `sls package --param NAME=VALUE`, if this packages; else values of the template's parameters. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** Values of the template's parameters. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** Files with policies that are not in the template, by ARN. */
  readonly policies?: Readonly<Record<string, string>> | undefined;
  /** Told when there is something to package, which takes a few seconds. */
  readonly onPackaging?: ((because?: string) => void) | undefined;
  /** Told which template was taken, when nobody named one. */
  readonly onFound?: ((says: string) => void) | undefined;
}

/** A template with what its framework says of it, and where all that was written. */
export interface Project extends Omit<Packaged, "readSources"> {
  /** The project's folder. */
  readonly root: string;
  readonly sources: Sources;
  /** What was given of policies that are not in the template, by ARN. */
  readonly policies: Readonly<Record<string, unknown>>;
  /** Whether it was packaged to be read, so that it is as its files are now. */
  readonly isFresh: boolean;
}

/** What can be asked about a project. */
export interface ProjectService extends Service {
  readonly project: Project;
  readonly sources: Sources;
}

/** What is packaged when nobody says otherwise. */
const usual = { stage: "dev", region: "us-east-1" };

/** The account of AWS's own examples. */
export const exampleAccount = "123456789012";

/**
 * Finds a project's template, packaged now or before, and reads it as it would stand in an account.
 *
 * @throws Error that says what to do when there is no template, when packaging fails (with what the framework said), or
 * when the template cannot be read.
 */
export async function openProject(options: ProjectOptions): Promise<ProjectService> {
  return resolveProject(await readProject(options), options);
}

/** The project, before it is resolved for a place. @throws Error as `openProject` does. */
export async function readProject(options: ProjectOptions): Promise<Project> {
  const root = resolve(options.root);
  const { path, isFresh } = await templateOf(root, options);
  const packaged = await readPackaged(path);
  const { stage } = options;
  if (stage !== undefined && stage !== packaged.stage)
    throw new Error(
      packaged.stage === undefined
        ? `${shown(root, packaged.file)} does not depend on a stage: leave --stage out.`
        : `${shown(root, packaged.file)} was packaged for the stage ${packaged.stage}. Package ${stage} first: npx serverless package --stage ${stage}.`,
    );
  const { readSources, ...rest } = packaged;
  const policies = await readPolicies(options.policies ?? {});
  return { ...rest, root, isFresh, policies, sources: await readSources(root) };
}

/** @throws Error that names what IAM would not take, and where it is written. */
export function resolveProject(project: Project, options: Partial<ProjectOptions> = {}): ProjectService {
  const { sources, stage = "", template } = project;
  const resolved = resolveTemplate(template, environmentOf(project, options));
  const stack = { ...resolved, notes: [...(project.notes ?? []), ...resolved.notes] };
  try {
    return { ...describeService(stack, stage), project, sources };
  } catch (error) {
    throw withLine(error, sources);
  }
}

/** Where the project would be deployed. */
export function environmentOf(project: Project, options: Partial<ProjectOptions> = {}): Environment {
  const region = options.region ?? project.region ?? usual.region;
  return {
    accountId: options.accountId ?? exampleAccount,
    region,
    partition: options.partition ?? partitionOf(region),
    stackName: project.stackName ?? project.service ?? "stack",
    parameters: { ...(project.isFresh ? {} : options.params), ...options.parameters },
    policies: project.policies,
  };
}

async function templateOf(
  root: string,
  options: ProjectOptions,
): Promise<{ readonly path: string; readonly isFresh: boolean }> {
  const { template, usualStage = usual.stage, stage = usualStage, region = usual.region } = options;
  const { params, onPackaging, onFound } = options;
  if (template !== undefined) return { path: resolve(root, template), isFresh: false };
  const found = await findProject(root);
  if (found.how === "package") {
    const path = await packageService({
      ...{ root, stage, region },
      ...(params && Object.keys(params).length > 0 && { params }),
      ...(onPackaging && { onPackaging }),
    });
    return { path, isFresh: true };
  }
  const age = found.isPackaged ? ", as it was packaged last" : "";
  onFound?.(`Reading ${shown(root, found.file)}${age}.`);
  return { path: found.file, isFresh: false };
}

async function readPolicies(files: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const read = async ([arn, file]: [string, string]) => {
    try {
      const json = JSON.parse(await readFile(file, "utf8"));
      // As `aws iam get-policy-version` prints it, or the document alone.
      return [arn, json.PolicyVersion?.Document ?? json] as const;
    } catch (error) {
      throw new Error(`Cannot read the policy ${arn} in ${file}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
  return Object.fromEntries(await Promise.all(Object.entries(files).map(read)));
}

const shown = (root: string, file: string): string => relative(root, file).split(sep).join("/");

/** https://docs.aws.amazon.com/general/latest/gr/rande.html */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
