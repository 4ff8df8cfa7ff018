import * as v from "valibot";
import type { QueueSpec } from "../../engines/sqs/queue.ts";
import { arnOf, boolean, number, type Reading, read } from "./read.ts";

const redrive = v.object({ deadLetterTargetArn: v.string(), maxReceiveCount: number });

const imitated = {
  QueueName: v.optional(v.string()),
  VisibilityTimeout: v.optional(number, 30),
  MessageRetentionPeriod: v.optional(number, 345_600),
  RedrivePolicy: v.optional(redrive),
  FifoQueue: v.optional(boolean, false),
  ContentBasedDeduplication: v.optional(boolean, false),
};

export function queueParts(reading: Reading): QueueSpec[] {
  return read(reading, "AWS::SQS::Queue", imitated, ["SqsManagedSseEnabled"]).map((resource) => {
    const arn = arnOf(resource);
    const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy, FifoQueue } = resource.config;
    return {
      name: arn.split(":").at(-1) ?? "",
      arn,
      visibilityTimeout: VisibilityTimeout,
      retention: MessageRetentionPeriod,
      ...(FifoQueue && { fifo: { deduplicatesByContent: resource.config.ContentBasedDeduplication } }),
      ...(RedrivePolicy && {
        redrive: {
          deadLetterArn: RedrivePolicy.deadLetterTargetArn,
          maxReceiveCount: RedrivePolicy.maxReceiveCount,
        },
      }),
    };
  });
}
