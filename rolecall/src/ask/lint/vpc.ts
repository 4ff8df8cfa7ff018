import type { Service } from "../../stack/source/service.ts";
import { ofType, roleOf } from "./stack.ts";
import type { PlacedStatement } from "./statements.ts";

/**
 * What Lambda needs as the role of a function in a VPC, on every resource: it checks that when the function is made.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
const attaching: ReadonlySet<string> = new Set([
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
]);

/** Whether a statement lets Lambda attach a function to its VPC: then nobody can write it narrower. */
export function attachesToVpc(action: string, { logicalId }: PlacedStatement, service: Service): boolean {
  if (!attaching.has(action)) return false;
  return ofType(service.stack, "AWS::Lambda::Function").some((lambda) => {
    if (lambda.properties.VpcConfig === undefined) return false;
    const role = roleOf(service, lambda);
    return role?.logicalId === logicalId || role?.policies.some(({ name }) => name === logicalId) === true;
  });
}
