import { vpcActions } from "../../catalog/lambda-settings.ts";
import type { Service } from "../../stack/source/service.ts";
import { ofType, roleOf } from "./stack.ts";
import type { PlacedStatement } from "./statements.ts";

/** Whether a statement lets Lambda attach a function to its VPC: then nobody can write it narrower. */
export function attachesToVpc(action: string, { logicalId }: PlacedStatement, service: Service): boolean {
  if (!vpcActions.has(action)) return false;
  return ofType(service.stack, "AWS::Lambda::Function").some((lambda) => {
    if (lambda.properties.VpcConfig === undefined) return false;
    const role = roleOf(service, lambda);
    return role?.logicalId === logicalId || role?.policies.some(({ name }) => name === logicalId) === true;
  });
}
