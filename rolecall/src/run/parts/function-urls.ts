import * as v from "valibot";
import type { Cors } from "../../lambda/http/cors.ts";
import { lowerId } from "../../stack/naming.ts";
import { corsSchema, readCors } from "./cors.ts";
import { functionOf } from "./integrations.ts";
import { type Reading, read } from "./read.ts";

export interface FunctionUrlPart {
  readonly name: string;
  readonly urlId: string;
  /** With the alias, where the URL is an alias's. */
  readonly functionArn: string;
  readonly authType: "AWS_IAM" | "NONE";
  readonly cors?: Cors;
}

const url = {
  TargetFunctionArn: v.string(),
  Qualifier: v.optional(v.string()),
  AuthType: v.string(),
  InvokeMode: v.optional(v.string(), "BUFFERED"),
  Cors: v.optional(corsSchema),
};

export function functionUrlParts(reading: Reading): FunctionUrlPart[] {
  const { environment, resources } = reading.stack;
  return read(reading, "AWS::Lambda::Url", url).flatMap((found) => {
    const { TargetFunctionArn, Qualifier, AuthType, InvokeMode, Cors: cors } = found.config;
    const named = [...resources.values()].find(
      ({ type, physicalId }) => type === "AWS::Lambda::Function" && physicalId === TargetFunctionArn,
    );
    const functionArn = functionOf(named?.arn ?? TargetFunctionArn);
    if (functionArn === undefined || (AuthType !== "AWS_IAM" && AuthType !== "NONE")) {
      reading.note(found, `not imitated: a URL of ${TargetFunctionArn} with the AuthType ${AuthType}`);
      return [];
    }
    if (InvokeMode !== "BUFFERED")
      reading.note(found, `not imitated: ${InvokeMode}; the answer is sent when it is whole`);
    return {
      name: functionArn.split(":").slice(6).join(":"),
      urlId: lowerId({ logicalId: found.logicalId, environment }, 32),
      functionArn: Qualifier === undefined ? functionArn : `${functionArn}:${Qualifier}`,
      authType: AuthType,
      ...(cors && {
        cors: readCors(cors),
      }),
    };
  });
}
