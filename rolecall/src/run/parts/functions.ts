import * as v from "valibot";
import type { Principal } from "../../gate/types.ts";
import type { FunctionCode, FunctionSpec } from "../../lambda/types.ts";
import type { Packaged } from "../../project/packaged.ts";
import { isAssumable } from "../../stack/deployable.ts";
import { type ExecutionRole, executionRoles } from "../../stack/principals.ts";
import type { Stack } from "../../stack/template.ts";
import { texts } from "./integrations.ts";
import { arnOf, number, type Read, type Reading, read } from "./read.ts";

/** A function but for its credentials, which only the running Lambda needs. */
export type FunctionPart = Omit<FunctionSpec, "credentials">;

const imitated = {
  FunctionName: v.optional(v.string()),
  Handler: v.optional(v.string(), ""),
  Role: v.string(),
  Timeout: v.optional(number, 3),
  MemorySize: v.optional(number, 128),
  ReservedConcurrentExecutions: v.optional(number),
  Runtime: v.optional(v.string()),
  PackageType: v.optional(v.string(), "Zip"),
  Layers: texts,
  LoggingConfig: v.optional(v.object({ LogGroup: v.optional(v.string()) })),
  Environment: v.optional(
    v.object({ Variables: v.optional(v.record(v.string(), v.pipe(v.any(), v.transform(String))), {}) }),
    { Variables: {} },
  ),
};

/** What says where the code is; asynchronous.ts reads the dead-letter queue. */
const unheard = ["Architectures", "Code", "DeadLetterConfig"];

/** Those that run here, each on the Node.js that runs this. */
const runtimes: ReadonlySet<string> = new Set(["nodejs22.x", "nodejs24.x"]);

/** @param code By the logical ids of functions and layers. */
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
      ...runtimeOf(reading, resource),
      layers: ownLayers(reading, resource, code),
      qualified: qualifiedArns(stack, arnOf(resource)),
      timeout: config.Timeout,
      memory: config.MemorySize,
      ...(config.ReservedConcurrentExecutions !== undefined && {
        reservedConcurrency: config.ReservedConcurrentExecutions,
      }),
      environment: config.Environment.Variables,
      principal: sessionOf(role, stack),
      logGroup: config.LoggingConfig?.LogGroup ?? `/aws/lambda/${role.functionName}`,
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

type FunctionResource = Read<{
  readonly Runtime?: string | undefined;
  readonly PackageType: string;
  readonly Layers: readonly string[];
}>;

/** What the code runs on, or why it does not run here. */
function runtimeOf(
  reading: Reading,
  resource: FunctionResource,
): Pick<FunctionPart, "runtime" | "notRunnable"> {
  const { Runtime, PackageType } = resource.config;
  if (PackageType === "Zip" && Runtime !== undefined && runtimes.has(Runtime)) {
    const here = `nodejs${process.versions.node.split(".")[0]}.x`;
    if (Runtime !== here)
      reading.note(resource, `its runtime ${Runtime} is Node.js ${process.versions.node} here`);
    return { runtime: Runtime };
  }
  const what =
    PackageType === "Zip" ? `the runtime ${Runtime ?? "without a name"}` : `the package type ${PackageType}`;
  const says = `not imitated: ${what}; here run ${[...runtimes].join(" and ")}`;
  reading.note(resource, `${says}. Its invocations fail`);
  return { notRunnable: `${resource.logicalId}, ${says}` };
}

const optionalCode = (code: FunctionCode | undefined) => (code === undefined ? {} : { code });

/** What layers of others hold is not known. */
function ownLayers(reading: Reading, resource: FunctionResource, code: Packaged["code"]): FunctionCode[] {
  return resource.config.Layers.flatMap((arn) => {
    const layer = [...reading.stack.resources.values()].find(
      ({ type, physicalId }) => type === "AWS::Lambda::LayerVersion" && physicalId === arn,
    );
    const found = layer && code.get(layer.logicalId);
    if (found === undefined)
      reading.note(resource, `not imitated: the layer ${arn}, which is not on this machine`);
    return found ?? [];
  });
}

function qualifiedArns({ resources }: Stack, functionArn: string): string[] {
  return [...resources.values()]
    .filter(({ type }) => type === "AWS::Lambda::Alias" || type === "AWS::Lambda::Version")
    .flatMap(({ arn }) => (arn?.startsWith(`${functionArn}:`) ? arn : []));
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
