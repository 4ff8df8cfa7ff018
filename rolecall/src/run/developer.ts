import type { Principal } from "../gate/types.ts";
import { parsePolicy } from "../iam/policy.ts";
import type { LocalApi } from "./start-apis.ts";

export interface Place {
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
}

/** Whoever runs this: may call the APIs, as a caller in an account would be granted it, and nothing else. */
export function developer(
  apis: readonly Pick<LocalApi, "type" | "resource">[],
  { accountId, partition }: Place,
): Principal {
  const methods = apis.filter(({ type }) => type !== "function URL").map(({ resource }) => resource);
  const functions = apis.filter(({ type }) => type === "function URL").map(({ resource }) => resource);
  const allow = (Sid: string, Action: string, Resource: readonly string[], Condition = {}) =>
    Resource.length > 0
      ? [{ Sid, Effect: "Allow", Action, Resource: [...new Set(Resource)], Condition }]
      : [];
  const Statement = [
    ...allow("InvokeApi", "execute-api:Invoke", methods),
    ...allow("CallFunctionUrl", "lambda:InvokeFunctionUrl", functions),
    ...allow("InvokeByFunctionUrl", "lambda:InvokeFunction", functions, {
      Bool: { "lambda:InvokedViaFunctionUrl": "true" },
    }),
  ];
  return {
    name: "developer",
    caller: {
      type: "principal",
      arn: `arn:${partition}:sts::${accountId}:assumed-role/developer/local`,
      principalArn: `arn:${partition}:iam::${accountId}:role/developer`,
      accountId,
    },
    policies:
      Statement.length > 0
        ? [{ name: "developer", document: parsePolicy({ Version: "2012-10-17", Statement }) }]
        : [],
  };
}
