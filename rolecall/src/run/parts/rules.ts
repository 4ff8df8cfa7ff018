import * as v from "valibot";
import { defaultBusArn, type RuleSpec, type RuleTarget } from "../../engines/events/bus.ts";
import { sendingAction } from "../../gate/targets/targets.ts";
import { arnOf, type Reading, read } from "./read.ts";

const target = v.object({
  Arn: v.string(),
  Id: v.string(),
  Input: v.optional(v.string()),
  InputPath: v.optional(v.string()),
  InputTransformer: v.optional(
    v.object({
      InputPathsMap: v.optional(v.record(v.string(), v.string()), {}),
      InputTemplate: v.string(),
    }),
  ),
  SqsParameters: v.optional(v.object({ MessageGroupId: v.string() })),
  DeadLetterConfig: v.optional(v.object({ Arn: v.string() })),
});

const imitated = {
  Name: v.optional(v.string()),
  EventBusName: v.optional(v.string(), "default"),
  EventPattern: v.optional(v.record(v.string(), v.unknown())),
  ScheduleExpression: v.optional(v.string()),
  State: v.optional(v.string(), "ENABLED"),
  Targets: v.optional(v.array(target), []),
};

export interface RulePart extends RuleSpec {
  readonly logicalId: string;
  /** `rate(…)` or `cron(…)`. */
  readonly schedule?: string;
}

/** Those that are enabled. */
export function ruleParts(reading: Reading): RulePart[] {
  return read(reading, "AWS::Events::Rule", imitated)
    .filter(({ config }) => config.State !== "DISABLED")
    .map((resource) => {
      const { EventPattern, ScheduleExpression, EventBusName, Targets } = resource.config;
      const arn = arnOf(resource);
      const defaultBus = defaultBusArn(reading.stack.environment);
      return {
        logicalId: resource.logicalId,
        name: arn.split("/").at(-1) ?? "",
        arn,
        busArn: EventBusName.startsWith("arn:")
          ? EventBusName
          : `${defaultBus.slice(0, defaultBus.lastIndexOf("/"))}/${EventBusName}`,
        ...(EventPattern && { pattern: EventPattern }),
        ...(ScheduleExpression !== undefined && { schedule: ScheduleExpression }),
        targets: Targets.flatMap((one) => {
          // A bus needs a role of the rule's own, which is not asked for here.
          if (sendingAction(one.Arn) === undefined || one.Arn.split(":")[2] === "events") {
            reading.note(resource, `not imitated: its target ${one.Arn} gets nothing here`);
            return [];
          }
          return targetSpec(one);
        }),
      };
    });
}

function targetSpec(config: v.InferOutput<typeof target>): RuleTarget {
  const { Arn, Input, InputPath, InputTransformer, SqsParameters, DeadLetterConfig } = config;
  const input = InputTransformer
    ? { template: InputTransformer.InputTemplate, paths: InputTransformer.InputPathsMap }
    : Input !== undefined
      ? { constant: Input }
      : InputPath !== undefined
        ? { path: InputPath }
        : undefined;
  return {
    arn: Arn,
    ...(input && { input }),
    ...(SqsParameters && { groupId: SqsParameters.MessageGroupId }),
    ...(DeadLetterConfig && { deadLetterArn: DeadLetterConfig.Arn }),
  };
}

/** The ARNs of the stack's own event buses. */
export function busParts(reading: Reading): string[] {
  return read(reading, "AWS::Events::EventBus", { Name: v.string() }).map(arnOf);
}
