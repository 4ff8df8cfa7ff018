import type { Stack } from "./template.ts";

/**
 * An ARN as people write it: by the resource of the stack that it belongs to, or else with
 * CloudFormation's own names for account, region and partition.
 */
export function asWritten(arn: string, { environment, resources }: Stack): string {
  if (!arn.startsWith("arn:")) return JSON.stringify(arn);
  const owners = [...resources.values()]
    .filter((resource) => resource.arn !== undefined && belongsTo(arn, resource.arn))
    .sort((a, b) => (b.arn?.length ?? 0) - (a.arn?.length ?? 0));
  const [owner] = owners;
  if (owner?.arn === arn) return `!GetAtt ${owner.logicalId}.Arn`;
  // A wildcard or a dollar sign that stands for itself is for IAM; !Sub would take the latter for its own.
  if (arn.includes("${")) return JSON.stringify(arn);
  if (owner?.arn !== undefined) return `!Sub \${${owner.logicalId}.Arn}${arn.slice(owner.arn.length)}`;
  const { partition, region, accountId } = environment;
  const [, , service, ...rest] = arn.split(":");
  const [itsRegion, itsAccount, ...resource] = rest;
  return [
    `!Sub arn:${arn.startsWith(`arn:${partition}:`) ? pseudo("Partition") : arn.split(":")[1]}`,
    service,
    itsRegion === region ? pseudo("Region") : itsRegion,
    itsAccount === accountId ? pseudo("AccountId") : itsAccount,
    ...resource,
  ].join(":");
}

const pseudo = (name: string) => `\${AWS::${name}}`;

function belongsTo(arn: string, owner: string): boolean {
  return arn === owner || arn.startsWith(`${owner}/`);
}
