import type { NamedPolicy } from "../../iam/types.ts";
import { type ExecutionRole, executionRoles, RefusedPolicy, resourcePolicies } from "../principals.ts";
import type { Stack } from "../template.ts";
import { placed, type Sources } from "./sources.ts";

/** Everything that a template says of permissions. */
export interface Service {
  /** Empty where the project's framework knows no stages. */
  readonly stage: string;
  readonly stack: Stack;
  /** One a function. */
  readonly roles: readonly ExecutionRole[];
  /** By the ARN of the resource that carries them. */
  readonly resourcePolicies: ReadonlyMap<string, readonly NamedPolicy[]>;
}

/** @returns The error, and if a policy was refused with the line that it was written on. */
export function withLine(error: unknown, sources: Sources): unknown {
  if (!(error instanceof RefusedPolicy)) return error;
  const { logicalId, functionKey, sid } = error;
  const statement =
    sid === undefined
      ? undefined
      : ((functionKey === undefined ? undefined : sources.statement({ functionKey, sid })) ??
        sources.statement({ logicalId, sid }));
  const source = placed(statement) ?? sources.resourceLine(logicalId);
  return source ? new Error(`${source.file}:${source.line}: ${error.message}`, { cause: error }) : error;
}

/** @throws {RefusedPolicy} when IAM would not take one of the policies. */
export function describeService(stack: Stack, stage: string): Service {
  return { stage, stack, roles: executionRoles(stack), resourcePolicies: resourcePolicies(stack) };
}
