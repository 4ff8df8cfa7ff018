import { inTheBestContext } from "../iam/best-context.ts";
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
