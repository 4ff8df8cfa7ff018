import { decide } from "../../iam/evaluate.ts";
import type { ExecutionRole } from "../../stack/principals.ts";
import type { Service } from "../../stack/source/service.ts";
import type { Stack, StackResource } from "../../stack/template.ts";

export function ofType(stack: Stack, type: string): readonly StackResource[] {
  return [...stack.resources.values()].filter((resource) => resource.type === type);
}

/** The function that an ARN (of one of its versions, too) or a name means. */
export function functionCalled(stack: Stack, name: unknown): StackResource | undefined {
  return ofType(stack, "AWS::Lambda::Function").find(
    ({ arn, physicalId }) => name === physicalId || name === arn || String(name).startsWith(`${arn}:`),
  );
}

export function roleOf(service: Service, lambda: StackResource): ExecutionRole | undefined {
  return service.roles.find(({ functionName }) => functionName === lambda.physicalId);
}

/** Which of the actions a function's own role does not allow on a resource, for certain. */
export function notAllowed(
  { stack }: Service,
  role: ExecutionRole,
  actions: readonly string[],
  resource: string,
): readonly string[] {
  const { partition, accountId } = stack.environment;
  const arn = `arn:${partition}:sts::${accountId}:assumed-role/${role.name}/${role.functionName}`;
  return actions.filter(
    (action) =>
      !["allowed", "unknown"].includes(
        decide(
          {
            caller: { type: "principal", arn, principalArn: role.arn, accountId },
            action,
            resource,
            resourceAccountId: accountId,
            context: {},
          },
          { identity: role.policies, resource: [], ...(role.boundary && { boundary: role.boundary }) },
        ).outcome,
      ),
  );
}

/** A property of a resource, however deep; undefined where something on the way is missing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === "object" && found !== null && Object.hasOwn(found, key)
        ? (found as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );
}

export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}
