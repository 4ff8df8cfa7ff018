import type { Caller, NamedPolicy } from "../iam/types.ts";
import type { LocalAws } from "../run/index.ts";
import type { ExecutionRole } from "../stack/principals.ts";
import { describeService, type Service } from "../stack/source/service.ts";

/** The packaged service as it is deployed here, in the stack that `sls deploy` would name so. */
export function deployedService(
  { stack }: Pick<LocalAws, "stack">,
  { stage, stackName }: { readonly stage: string; readonly stackName: string },
): Service {
  const environment = { ...stack.environment, stackName };
  return describeService({ ...stack, environment }, stage);
}

/** Who calls the API, by the name that the local run gives it. */
export const developer = "developer";

export interface PoliciesAsked {
  /** By whose name. */
  readonly identity: ReadonlyMap<string, readonly NamedPolicy[]>;
  /** By the ARN of what carries them. */
  readonly resource: ReadonlyMap<string, readonly NamedPolicy[]>;
}

/**
 * The service with these policies in the place of the template's own, and with the developer among those who have a
 * role: `explain` can be asked about the developer then, and about policies that were changed.
 */
export function withPolicies(service: Service, { identity, resource }: PoliciesAsked): Service {
  const roles = [...service.roles, developerRole(service)].map((role) => {
    const policies = identity.get(role.functionKey);
    return policies === undefined ? role : { ...role, policies };
  });
  return { ...service, roles, resourcePolicies: new Map([...service.resourcePolicies, ...resource]) };
}

function developerRole({ stack }: Service): ExecutionRole {
  const { partition, accountId } = stack.environment;
  return {
    logicalId: developer,
    name: developer,
    arn: `arn:${partition}:iam::${accountId}:role/${developer}`,
    functionName: "local",
    functionKey: developer,
    trust: { version: "2012-10-17", statements: [] },
    policies: [],
  };
}

/** As a denial names the caller. */
export function callerName(caller: Caller): string {
  return caller.type === "service" ? caller.service : caller.arn;
}
