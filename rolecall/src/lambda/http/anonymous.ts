import type { Gate, Principal, Question } from "../../gate/types.ts";
import { parsePolicy } from "../../iam/policy.ts";
import type { Decision } from "../../iam/types.ts";

/**
 * Whoever calls without a signature. They belong to no account, so the resource's policy has to allow; what would be
 * their own account's part is granted.
 */
const nobody: Principal = {
  name: "anonymous",
  caller: { type: "principal", arn: "anonymous", principalArn: "anonymous", accountId: "anonymous" },
  policies: [
    {
      name: "anonymous",
      document: parsePolicy({
        Version: "2012-10-17",
        Statement: { Sid: "NotSigned", Effect: "Allow", Action: "*", Resource: "*" },
      }),
    },
  ],
};

/** Asks the gate for a call that nobody signed. */
export function authorizeAnonymous(gate: Gate, question: Question): Decision {
  return gate.authorize(nobody, question);
}
