import type { Service } from "../../stack/source/service.ts";
import type { StackResource } from "../../stack/template.ts";
import type { Finding } from "./finding.ts";

/**
 * The findings that concern a function: about itself and its statements, its role, whatever invokes it or is set up for
 * it (routes, URLs, permissions, event source mappings, rules), the queue that is polled for it, its variables.
 */
export function concerning(
  findings: readonly Finding[],
  service: Service,
  functionKey: string,
): readonly Finding[] {
  const { subjects, variables } = subjectsOf(service, functionKey);
  return findings.filter(
    ({ subject }) => subjects.has(subject.split("/")[0] ?? "") || variables.has(subject),
  );
}

function subjectsOf({ roles, stack }: Service, functionKey: string) {
  const role = roles.find((one) => one.functionKey === functionKey);
  const resources = [...stack.resources.values()];
  const lambda = resources.find(
    ({ type, physicalId }) => type === "AWS::Lambda::Function" && physicalId === role?.functionName,
  );
  const subjects = new Set([functionKey]);
  if (role === undefined || lambda === undefined) return { subjects, variables: new Set<string>() };
  // Functions that share a role share its findings, which are told of the first of them.
  for (const one of roles) if (one.arn === role.arn) subjects.add(one.functionKey);
  const invoking = resources.filter((one) => isSetUpFor(one, lambda));
  const further = resources.filter(
    ({ type, arn, properties }) =>
      invoking.some(
        (one) => one.properties.EventSourceArn !== undefined && one.properties.EventSourceArn === arn,
      ) ||
      (type === "AWS::ApiGatewayV2::Route" &&
        invoking.some(({ physicalId }) => properties.Target === `integrations/${physicalId}`)) ||
      (Array.isArray(properties.Roles) && properties.Roles.includes(role.name)),
  );
  for (const { logicalId } of [lambda, ...invoking, ...further]) subjects.add(logicalId);
  subjects.add(role.logicalId);
  const { Variables = {} } = (lambda.properties.Environment ?? {}) as { Variables?: object };
  return { subjects, variables: new Set(Object.keys(Variables)) };
}

/** Policies and buckets name functions too, but are about more than one. */
function isSetUpFor({ type, properties }: StackResource, { arn = "", physicalId }: StackResource): boolean {
  if (type.startsWith("AWS::IAM::") || type.startsWith("AWS::S3::") || type.endsWith("Policy")) return false;
  const said = JSON.stringify(properties);
  if ([`"${arn}"`, `${arn}/`, `${arn}:`].some((text) => said.includes(text))) return true;
  return type.startsWith("AWS::Lambda::") && properties.FunctionName === physicalId;
}
