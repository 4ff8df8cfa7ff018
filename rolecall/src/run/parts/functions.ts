import * as v from "valibot";
import type { Principal } from "../../gate/types.ts";
import type { FunctionSpec } from "../../lambda/types.ts";
import type { Packaged } from "../../project/packaged.ts";
import { isAssumable } from "../../stack/deployable.ts";
import { type ExecutionRole, executionRoles } from "../../stack/principals.ts";
import type { Stack } from "../../stack/template.ts";
import { arnOf, number, type Reading, read } from "./read.ts";

/** A function but for its credentials, which only the running Lambda needs. */
export type FunctionPart = Omit<FunctionSpec, "credentials">;

const imitated = {
  FunctionName: v.optional(v.string()),
  Handler: v.string(),
  Role: v.string(),
  Timeout: v.optional(number, 3),
  MemorySize: v.optional(number, 128),
  ReservedConcurrentExecutions: v.optional(number),
  Environment: v.optional(
    v.object({ Variables: v.optional(v.record(v.string(), v.pipe(v.any(), v.transform(String))), {}) }),
    { Variables: {} },
  ),
};

/** What says where the code is and on what it runs; asynchronous.ts reads the dead-letter queue. */
const unheard = ["Architectures", "Code", "DeadLetterConfig", "PackageType", "Runtime"];

/** @param code By the functions' logical ids. */
export function functionParts(reading: Reading, code: Packaged["code"]): FunctionPart[] {
  const { stack } = reading;
  const roles = executionRoles(stack);
  return read(reading, "AWS::Lambda::Function", imitated, unheard).map((resource) => {
    const { config } = resource;
    const role = roles.find(({ functionName }) => functionName === resource.physicalId);
    if (!role) throw new Error(`${resource.logicalId} has no execution role.`);
    requireTrust(stack, role, resource.logicalId);
    return {
      key: role.functionKey,
      name: role.functionName,
      arn: arnOf(resource),
      handler: config.Handler,
      ...optionalCode(code.get(resource.logicalId)),
      timeout: config.Timeout,
      memory: config.MemorySize,
      ...(config.ReservedConcurrentExecutions !== undefined && {
        reservedConcurrency: config.ReservedConcurrentExecutions,
      }),
      environment: config.Environment.Variables,
      principal: sessionOf(role, stack),
      logGroup: `/aws/lambda/${role.functionName}`,
    };
  });
}

/**
 * Lambda refuses a function whose role it cannot assume.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
 */
function requireTrust(stack: Stack, role: ExecutionRole, logicalId: string): void {
  if (isAssumable(role, stack.environment.accountId)) return;
  throw new Error(
    `${logicalId}: The role defined for the function cannot be assumed by Lambda. ` +
      `Allow lambda.amazonaws.com sts:AssumeRole in the trust policy of ${role.logicalId}.`,
  );
}

/** Lambda names a role's session after the function. */
function sessionOf(role: ExecutionRole, { environment: { partition, accountId } }: Stack): Principal {
  return {
    name: role.functionKey,
    caller: {
      type: "principal",
      arn: `arn:${partition}:sts::${accountId}:assumed-role/${role.name}/${role.functionName}`,
      principalArn: role.arn,
      accountId,
    },
    policies: role.policies,
    ...(role.boundary && { boundary: role.boundary }),
  };
}

const optionalCode = (code: FunctionSpec["code"]) => (code === undefined ? {} : { code });
