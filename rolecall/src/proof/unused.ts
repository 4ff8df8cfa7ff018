import type { Service } from "../stack/source/service.ts";
import type { Exception } from "./exceptions.ts";

/** A role or a policy that no function has, so that no scenario can show what it is for. */
export interface Unused {
  readonly logicalId: string;
  /** E.g. "managed policy". */
  readonly what: string;
  readonly exception?: Exception;
}

const kinds: ReadonlyMap<string, string> = new Map([
  ["AWS::IAM::ManagedPolicy", "managed policy"],
  ["AWS::IAM::Policy", "policy"],
  ["AWS::IAM::Role", "role"],
]);

export function findUnused({ stack, roles }: Service, exceptions: readonly Exception[]): readonly Unused[] {
  const used = new Set(
    roles.flatMap(({ logicalId, policies, boundary }) => [
      logicalId,
      ...policies.map(({ name }) => name),
      ...(boundary ? [boundary.name] : []),
    ]),
  );
  return [...stack.resources.values()].flatMap(({ type, logicalId }) => {
    const what = kinds.get(type);
    if (what === undefined || used.has(logicalId)) return [];
    const exception = exceptions.find(({ of }) => of === logicalId);
    return [{ logicalId, what, ...(exception && { exception }) }];
  });
}
