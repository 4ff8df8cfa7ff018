import {
  describeService,
  packageService,
  readPackaged,
  resolveTemplate,
  type Service,
  type Sources,
  type Stack,
  type StackResource,
  type Template,
} from "rolecall";
import type { Account } from "../account/account.ts";

/** What the packaged template says of a stage in an account. */
export interface Plan {
  readonly stage: string;
  readonly stackName: string;
  /** As it deploys. */
  readonly service: Service;
  /** Where the template's parts are written. */
  readonly sources: Sources;
  /** Every resource of the template, those too that a condition leaves out: an earlier deployment may have had them. */
  readonly whole: Stack;
  readonly recordingsBucket: string;
  /** What the names of its transcription jobs begin with. */
  readonly jobNamePrefix: string;
  /** The ARN of the roles' permissions boundary, where serverless.yml gives the stage one; it is no part of `service`. */
  readonly boundary?: string;
}

export interface PlanOptions {
  /** The folder of serverless.yml. */
  readonly root: string;
  readonly stage: string;
  /** Told when there is something to package, which takes a few seconds. */
  readonly onPackaging?: () => void;
}

/**
 * Packages the service and reads what it would be called in the account.
 *
 * @throws Error with what the framework said, when packaging fails, or that names what the template has and is not known.
 */
export async function readPlan(
  { root, stage, onPackaging }: PlanOptions,
  { id, partition, region }: Pick<Account, "id" | "partition" | "region">,
): Promise<Plan> {
  const packaged = await packageService({ root, stage, region, ...(onPackaging && { onPackaging }) });
  const { template: whole, stackName = `stack-${stage}`, readSources } = await readPackaged(packaged);
  const { template, boundary } = withoutBoundary(whole);
  const environment = { accountId: id, partition, region, stackName };
  const stack = resolveTemplate(template, environment);
  const unconditional = mapResources(template, ({ Condition: _, ...resource }) => resource);
  return {
    stage,
    stackName,
    service: describeService(stack, stage),
    sources: await readSources(root),
    whole: resolveTemplate(unconditional, environment),
    ...(boundary !== undefined && { boundary }),
    recordingsBucket: outputOf(stack, "RecordingsBucketName"),
    jobNamePrefix: jobNamePrefixOf(stack),
  };
}

type Resource = Template["Resources"][string];

function mapResources(template: Template, change: (resource: Resource) => Resource): Template {
  const changed = Object.entries(template.Resources).map(([logicalId, one]) => [logicalId, change(one)]);
  return { ...template, Resources: Object.fromEntries(changed) };
}

/** A boundary that stands outside the template is only known by its ARN, and what it says to nobody here. */
export function withoutBoundary(template: Template): {
  readonly template: Template;
  readonly boundary?: string;
} {
  const roles = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::IAM::Role");
  const boundary = roles
    .map(({ Properties }) => Properties.PermissionsBoundary)
    .find((arn) => typeof arn === "string");
  if (boundary === undefined) return { template };
  const changed = mapResources(template, (resource) => {
    const { PermissionsBoundary, ...rest } = resource.Properties;
    return PermissionsBoundary === boundary ? { ...resource, Properties: rest } : resource;
  });
  return { template: changed, boundary };
}

export function ofType(stack: Stack, type: string): readonly StackResource[] {
  return [...stack.resources.values()].filter((resource) => resource.type === type);
}

/** The last part of a queue's ARN. */
export const nameInArn = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);

function outputOf({ outputs }: Stack, name: string): string {
  const value = outputs[name];
  if (value === undefined) throw new Error(`The template has no output ${name}: see resources/outputs.yml.`);
  return value;
}

function jobNamePrefixOf(stack: Stack): string {
  for (const { properties } of ofType(stack, "AWS::Lambda::Function")) {
    const { Environment } = properties as { Environment?: { Variables?: Record<string, unknown> } };
    const prefix = Environment?.Variables?.JOB_NAME_PREFIX;
    if (typeof prefix === "string") return prefix;
  }
  throw new Error("No function of the template is told JOB_NAME_PREFIX, so nobody knows the stage's jobs.");
}
