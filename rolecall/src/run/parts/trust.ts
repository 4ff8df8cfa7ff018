import { decide } from "../../iam/evaluate.ts";
import type { AccessRequest } from "../../iam/types.ts";
import type { Role } from "../../stack/principals.ts";
import type { Stack } from "../../stack/template.ts";

/** Whether a service may assume a role; what hangs on something unknown is no reason to refuse it. */
export function trusts(
  { environment }: Stack,
  { arn, trust }: Role,
  service: string,
  context: AccessRequest["context"] = {},
): boolean {
  const { outcome } = decide(
    {
      caller: { type: "service", service },
      action: "sts:AssumeRole",
      resource: arn,
      resourceAccountId: environment.accountId,
      context,
    },
    { identity: [], resource: [{ name: "trust policy", document: trust }] },
  );
  return outcome === "allowed" || outcome === "unknown";
}
