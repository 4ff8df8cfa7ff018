import type { DecidingStatement } from "../iam/types.ts";
import type { Service } from "../stack/source/service.ts";
import { placed, type Source, type Sources } from "../stack/source/sources.ts";
import type { Holder } from "./mutants.ts";

/** Where a statement is written, or what it is made for: the event, or the resource that carries it. */
export function sourceOf(
  { roles }: Service,
  sources: Sources,
  holder: Holder,
  policy: string,
  sid: string | undefined,
): Source | undefined {
  const role =
    holder.type === "resource"
      ? undefined
      : roles.find(({ functionKey }) => functionKey === holder.functionKey);
  const inFunction = holder.type === "role" ? { functionKey: holder.functionKey } : undefined;
  const carriers = [inFunction, { logicalId: policy }, role && { logicalId: role.logicalId }];
  const found =
    sid === undefined
      ? undefined
      : carriers
          .map((carrier) => carrier && sources.statement({ ...carrier, sid }))
          .find((one) => one !== undefined);
  return placed(found) ?? sources.resourceLine(policy);
}

/** Where the statement is written that decided what `who` asked. */
export function placeOf(
  service: Service,
  sources: Sources,
  who: string,
  { kind, policy, sid }: DecidingStatement,
): Source | undefined {
  const holder: Holder =
    kind === "resource-based" ? { type: "resource", arn: "" } : { type: "role", functionKey: who };
  return sourceOf(service, sources, holder, policy, sid);
}

/** E.g. ` (serverless.yml:12)`; nothing where the place is not known. */
export const placeText = (source: Source | undefined): string =>
  source ? ` (${source.file}:${source.line})` : "";
