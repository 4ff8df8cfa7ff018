import type { Principal } from "../gate/types.ts";
import { parsePolicy } from "../iam/policy.ts";

export interface Place {
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
}

/** Whoever runs this: may invoke the API, as a caller in an account would be granted it, and nothing else. */
export function developer(apiId: string, { accountId, region, partition }: Place): Principal {
  const document = parsePolicy({
    Version: "2012-10-17",
    Statement: {
      Sid: "InvokeApi",
      Effect: "Allow",
      Action: "execute-api:Invoke",
      Resource: `arn:${partition}:execute-api:${region}:${accountId}:${apiId}/$default/*`,
    },
  });
  return {
    name: "developer",
    caller: {
      type: "principal",
      arn: `arn:${partition}:sts::${accountId}:assumed-role/developer/local`,
      principalArn: `arn:${partition}:iam::${accountId}:role/developer`,
      accountId,
    },
    policies: [{ name: "developer", document }],
  };
}
