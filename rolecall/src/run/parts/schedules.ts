import * as v from "valibot";
import { nextTime, type Timing } from "../../engines/events/schedule.ts";
import { sendingAction } from "../../gate/targets/targets.ts";
import type { Principal } from "../../gate/types.ts";
import { type Role, roleByArn } from "../../stack/principals.ts";
import type { Stack } from "../../stack/template.ts";
import { arnOf, type Reading, read } from "./read.ts";
import { trusts } from "./trust.ts";

/** A schedule of Amazon EventBridge Scheduler, which sends with a role of its own. */
export interface SchedulePart extends Timing {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly principal: Principal;
  readonly targetArn: string;
  /** What the target gets; an event that names the schedule by default. */
  readonly input?: string;
  /** Of a FIFO queue. */
  readonly groupId?: string;
  /** The queue for what could not be sent. */
  readonly deadLetterArn?: string;
}

const date = v.pipe(
  v.string(),
  v.transform((text) => new Date(text)),
  v.date(),
);

const imitated = {
  Name: v.optional(v.string()),
  GroupName: v.optional(v.string(), "default"),
  ScheduleExpression: v.string(),
  ScheduleExpressionTimezone: v.optional(v.string()),
  StartDate: v.optional(date),
  EndDate: v.optional(date),
  State: v.optional(v.picklist(["ENABLED", "DISABLED"]), "ENABLED"),
  FlexibleTimeWindow: v.optional(v.object({ Mode: v.picklist(["OFF"]) })),
  Target: v.object({
    Arn: v.string(),
    RoleArn: v.string(),
    Input: v.optional(v.string()),
    SqsParameters: v.optional(v.object({ MessageGroupId: v.string() })),
    DeadLetterConfig: v.optional(v.object({ Arn: v.string() })),
  }),
};

/**
 * Those that are enabled, and whose target and role are known.
 *
 * @throws Error in the words of Scheduler for an expression that is none, and for a role that it may not assume.
 */
export function scheduleParts(reading: Reading): SchedulePart[] {
  const { stack } = reading;
  return read(reading, "AWS::Scheduler::Schedule", imitated).flatMap((resource) => {
    const { Target, GroupName, State, ScheduleExpression, ...config } = resource.config;
    if (State === "DISABLED") return [];
    if (sendingAction(Target.Arn) === undefined) {
      reading.note(resource, `not imitated: its target ${Target.Arn} gets nothing here`);
      return [];
    }
    const role = roleByArn(stack, Target.RoleArn);
    requireTrust(stack, role, GroupName, resource.logicalId);
    const timing = {
      expression: ScheduleExpression,
      timezone: config.ScheduleExpressionTimezone,
      start: config.StartDate,
      end: config.EndDate,
    };
    nextTime(timing, new Date(), new Date());
    return {
      ...timing,
      logicalId: resource.logicalId,
      name: resource.physicalId,
      arn: arnOf(resource),
      principal: sessionOf(role, resource.logicalId, stack),
      targetArn: Target.Arn,
      ...(Target.Input !== undefined && { input: Target.Input }),
      ...(Target.SqsParameters && { groupId: Target.SqsParameters.MessageGroupId }),
      ...(Target.DeadLetterConfig && { deadLetterArn: Target.DeadLetterConfig.Arn }),
    };
  });
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html */
function requireTrust(stack: Stack, role: Role, group: string, logicalId: string): void {
  const { accountId, partition, region } = stack.environment;
  const context = {
    "aws:SourceAccount": accountId,
    "aws:SourceArn": `arn:${partition}:scheduler:${region}:${accountId}:schedule-group/${group}`,
  };
  if (trusts(stack, role, "scheduler.amazonaws.com", context)) return;
  throw new Error(
    `${logicalId}: The execution role you provide must allow AWS EventBridge Scheduler to assume the role. ` +
      `Allow scheduler.amazonaws.com sts:AssumeRole in the trust policy of ${role.logicalId}.`,
  );
}

function sessionOf(role: Role, name: string, { environment }: Stack): Principal {
  const { partition, accountId } = environment;
  return {
    name,
    caller: {
      type: "principal",
      arn: `arn:${partition}:sts::${accountId}:assumed-role/${role.name}/${name}`,
      principalArn: role.arn,
      accountId,
    },
    policies: role.policies,
    ...(role.boundary && { boundary: role.boundary }),
  };
}
