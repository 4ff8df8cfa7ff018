import { join } from "node:path";
import * as v from "valibot";
import type { Principal } from "../../gate/types.ts";
import { type ExecutionRole, executionRoles, type Stack } from "../../index.ts";
import type { FunctionSpec } from "../../lambda/types.ts";
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

/** What says where the code is and on what it runs. */
const unheard = ["Architectures", "Code", "PackageType", "Runtime"];

/** @param packaged The folder with the zips, each named after its function's key in serverless.yml. */
export function functionParts(reading: Reading, packaged: string): FunctionPart[] {
  const { stack } = reading;
  const roles = executionRoles(stack);
  return read(reading, "AWS::Lambda::Function", imitated, unheard).map((resource) => {
    const { config } = resource;
    const role = roles.find(({ functionName }) => functionName === resource.physicalId);
    if (!role) throw new Error(`${resource.logicalId} has no execution role.`);
    return {
      key: role.functionKey,
      name: role.functionName,
      arn: arnOf(resource),
      handler: config.Handler,
      zip: join(packaged, `${role.functionKey}.zip`),
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
