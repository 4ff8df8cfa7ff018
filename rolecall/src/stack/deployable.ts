import { inTheBestContext } from "../iam/best-context.ts";
import { checkOperator } from "../iam/conditions.ts";
import { decide } from "../iam/evaluate.ts";
import type { ExecutionRole } from "./principals.ts";

/**
 * Whether Lambda may assume a role, or may for all that is known. It is asked in the context that suits it best: which
 * condition keys it sends is not documented.
 */
export function isAssumable({ arn, logicalId, trust }: ExecutionRole, accountId: string): boolean {
  const { outcome } = decide(
    {
      caller: { type: "service", service: "lambda.amazonaws.com" },
      action: "sts:AssumeRole",
      resource: arn,
      resourceAccountId: accountId,
      context: {},
    },
    { identity: [], resource: [{ name: logicalId, document: inTheBestContext(trust) }] },
  );
  return outcome === "allowed" || outcome === "unknown";
}

/** @throws Error for a role with which AWS would not create its function. */
export function refuseUndeployable(role: ExecutionRole, accountId: string): void {
  if (!isAssumable(role, accountId))
    throw new Error(`role "${role.logicalId}": its trust policy does not let lambda.amazonaws.com assume it`);
  for (const { name, document } of [...role.policies, { name: "trust policy", document: role.trust }]) {
    for (const { conditions, sid } of document.statements) {
      for (const { operator } of conditions) {
        try {
          checkOperator(operator);
        } catch (error) {
          const where = `role "${role.logicalId}", policy "${name}"${sid === undefined ? "" : ` (Sid "${sid}")`}`;
          throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
        }
      }
    }
  }
}
