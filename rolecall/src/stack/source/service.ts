import type { NamedPolicy } from "../../iam/types.ts";
import type { Note } from "../note.ts";
import { type ExecutionRole, executionRoles, RefusedPolicy } from "../principals.ts";
import { resourcePolicies } from "../resource-policies.ts";
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

/**
 * What a stack says of permissions. What is not understood is added to the stack's notes.
 *
 * @throws A {RefusedPolicy} for a policy that IAM would not take.
 */
export function describeService(stack: Stack, stage: string): Service {
  const notes = new Map(stack.notes.map((note) => [`${note.where} ${note.says}`, note]));
  const note = (one: Note) => void notes.set(`${one.where} ${one.says}`, one);
  const roles = executionRoles(stack, { note });
  const policies = resourcePolicies(stack, { note });
  return { stage, stack: { ...stack, notes: [...notes.values()] }, roles, resourcePolicies: policies };
}
