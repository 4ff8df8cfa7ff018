import * as v from "valibot";
import { sendingAction } from "../../gate/targets/targets.ts";
import type { AsyncLimits } from "../../lambda/types.ts";
import { arnOf, number, type Read, type Reading, read } from "./read.ts";

/** What becomes of a function's asynchronous events. */
export interface AsyncPart {
  readonly functionArn: string;
  readonly limits: AsyncLimits;
  /** ARNs of queues, topics, functions and buses that get the record of an event. */
  readonly onSuccess?: string;
  readonly onFailure?: string;
  /** Of the queue or the topic that gets an event which failed. */
  readonly deadLetterArn?: string;
}

const destination = v.optional(v.object({ Destination: v.optional(v.string()) }));

const invokeConfig = {
  FunctionName: v.string(),
  Qualifier: v.optional(v.string()),
  MaximumRetryAttempts: v.optional(number, 2),
  MaximumEventAgeInSeconds: v.optional(number, 21_600),
  DestinationConfig: v.optional(v.object({ OnSuccess: destination, OnFailure: destination })),
};

const deadLetterSchema = v.object({ DeadLetterConfig: v.object({ TargetArn: v.string() }) });

/** By the functions' ARNs: those functions that say something about it. */
export function asyncParts(reading: Reading): ReadonlyMap<string, AsyncPart> {
  const parts = new Map<string, AsyncPart>();
  const functions = [...reading.stack.resources.values()].filter(
    ({ type }) => type === "AWS::Lambda::Function",
  );
  const usual = { maximumRetryAttempts: 2, maximumEventAge: 21_600 };
  for (const resource of functions) {
    const deadLetters = v.safeParse(deadLetterSchema, resource.properties);
    if (!deadLetters.success) continue;
    const functionArn = arnOf(resource);
    const deadLetterArn = deadLetters.output.DeadLetterConfig.TargetArn;
    parts.set(functionArn, { functionArn, limits: usual, deadLetterArn });
  }
  for (const config of read(reading, "AWS::Lambda::EventInvokeConfig", invokeConfig)) {
    const { FunctionName, MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = config.config;
    const target = functions.find(
      ({ arn, physicalId }) =>
        FunctionName === physicalId || FunctionName === arn || FunctionName.startsWith(`${arn}:`),
    );
    if (target === undefined) {
      reading.note(config, `not imitated: its function ${FunctionName} is not in the template`);
      continue;
    }
    const functionArn = arnOf(target);
    const onSuccess = known(reading, config, DestinationConfig?.OnSuccess?.Destination);
    const onFailure = known(reading, config, DestinationConfig?.OnFailure?.Destination);
    parts.set(functionArn, {
      functionArn,
      ...parts.get(functionArn),
      limits: { maximumRetryAttempts: MaximumRetryAttempts, maximumEventAge: MaximumEventAgeInSeconds },
      ...(onSuccess !== undefined && { onSuccess }),
      ...(onFailure !== undefined && { onFailure }),
    });
  }
  return parts;
}

function known(reading: Reading, config: Read<unknown>, arn: string | undefined): string | undefined {
  if (arn === undefined || sendingAction(arn) !== undefined) return arn;
  reading.note(config, `not imitated: the destination ${arn} gets nothing here`);
  return undefined;
}
