import * as v from "valibot";
import type { QueueSpec } from "../../engines/sqs/queue.ts";
import { arnOf, number, type Reading, read } from "./read.ts";

const redrive = v.object({ deadLetterTargetArn: v.string(), maxReceiveCount: number });

const imitated = {
  QueueName: v.optional(v.string()),
  VisibilityTimeout: v.optional(number, 30),
  MessageRetentionPeriod: v.optional(number, 345_600),
  RedrivePolicy: v.optional(redrive),
};

export function queueParts(reading: Reading): QueueSpec[] {
  return read(reading, "AWS::SQS::Queue", imitated, ["SqsManagedSseEnabled"]).map((resource) => {
    const arn = arnOf(resource);
    const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy } = resource.config;
    return {
      name: arn.split(":").at(-1) ?? "",
      arn,
      visibilityTimeout: VisibilityTimeout,
      retention: MessageRetentionPeriod,
      ...(RedrivePolicy && {
        redrive: {
          deadLetterArn: RedrivePolicy.deadLetterTargetArn,
          maxReceiveCount: RedrivePolicy.maxReceiveCount,
        },
      }),
    };
  });
}
