import { join } from "node:path";
import type { NamedPolicy } from "../../iam/types.ts";
import { packageService } from "../../packaging/package-service.ts";
import { serviceName } from "../../packaging/service-name.ts";
import { type ExecutionRole, executionRoles, RefusedPolicy, resourcePolicies } from "../principals.ts";
import { readTemplate, resolveTemplate, type Stack } from "../template.ts";
import { readSources } from "./sources.ts";

/** Everything that the packaged service says of permissions. */
export interface Service {
  readonly stage: string;
  readonly stack: Stack;
  /** One a function. */
  readonly roles: readonly ExecutionRole[];
  /** By the ARN of the resource that carries them. */
  readonly resourcePolicies: ReadonlyMap<string, readonly NamedPolicy[]>;
}

export interface ServiceOptions {
  /** The service's folder. */
  readonly root: string;
  readonly stage: string;
  readonly region: string;
  /** Twelve digits; that of AWS's own examples when it is not given, as before a deploy nobody knows which it will be. */
  readonly accountId?: string;
  /** `aws` when it is not given. */
  readonly partition?: string;
  /** Told when there is something to package, which takes a few seconds. */
  readonly onPackaging?: () => void;
}

/**
 * Packages the service and reads what it says.
 *
 * @throws Error with what the framework said, when packaging fails, or that names what the template has and is not known.
 */
export async function readService(options: ServiceOptions): Promise<Service> {
  const packaged = await packageService(options);
  const template = await readTemplate(join(packaged, "cloudformation-template-update-stack.json"));
  const stack = resolveTemplate(template, {
    accountId: options.accountId ?? "123456789012",
    partition: options.partition ?? "aws",
    region: options.region,
    stackName: `${serviceName(options.root)}-${options.stage}`,
  });
  try {
    return describeService(stack, options.stage);
  } catch (error) {
    throw await withLine(error, options.root);
  }
}

/** @returns The error, and if a policy was refused with the line that it was written on. */
export async function withLine(error: unknown, root: string): Promise<unknown> {
  if (!(error instanceof RefusedPolicy)) return error;
  const { logicalId, functionKey, sid } = error;
  const sources = await readSources(root);
  const statement =
    sid === undefined
      ? undefined
      : ((functionKey === undefined ? undefined : sources.statement({ functionKey, sid })) ??
        sources.statement({ logicalId, sid }));
  const source = statement ?? sources.resourceLine(logicalId);
  return source ? new Error(`${source.file}:${source.line}: ${error.message}`, { cause: error }) : error;
}

/** @throws Error for a role or a policy whose content is not in the stack. */
export function describeService(stack: Stack, stage: string): Service {
  return { stage, stack, roles: executionRoles(stack), resourcePolicies: resourcePolicies(stack) };
}
