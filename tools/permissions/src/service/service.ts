import { join } from "node:path";
import { packageService } from "../../../../resources/package-service.ts";
import { serviceName } from "../../../../resources/service-name.ts";
import type { NamedPolicy } from "../iam/types.ts";
import { type ExecutionRole, executionRoles, resourcePolicies } from "../template/principals.ts";
import { readTemplate, resolveTemplate, type Stack } from "../template/template.ts";

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
  /** The folder of serverless.yml. */
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
  return describeService(
    resolveTemplate(template, {
      accountId: options.accountId ?? "123456789012",
      partition: options.partition ?? "aws",
      region: options.region,
      stackName: `${serviceName(options.root)}-${options.stage}`,
    }),
    options.stage,
  );
}

/** @throws Error for a role or a policy whose content is not in the stack. */
export function describeService(stack: Stack, stage: string): Service {
  return { stage, stack, roles: executionRoles(stack), resourcePolicies: resourcePolicies(stack) };
}
