import * as v from "valibot";
import type { NotificationRule } from "../../engines/s3/notifications.ts";
import { type Reading, read } from "./read.ts";

export interface BucketPart {
  readonly logicalId: string;
  readonly name: string;
  readonly notifications: readonly NotificationRule[];
}

const filter = v.optional(
  v.object({
    S3Key: v.object({
      Rules: v.array(
        v.object({
          Name: v.pipe(v.string(), v.toLowerCase(), v.picklist(["prefix", "suffix"])),
          Value: v.string(),
        }),
      ),
    }),
  }),
);

const imitated = {
  BucketName: v.optional(v.string()),
  NotificationConfiguration: v.optional(
    v.object({
      QueueConfigurations: v.optional(
        v.array(v.object({ Event: v.string(), Queue: v.string(), Filter: filter })),
        [],
      ),
    }),
    { QueueConfigurations: [] },
  ),
};

/** What holds for every bucket of today, and what would show after days. */
const unheard = [
  "BucketEncryption",
  "LifecycleConfiguration",
  "OwnershipControls",
  "PublicAccessBlockConfiguration",
];

export function bucketParts(reading: Reading): BucketPart[] {
  return read(reading, "AWS::S3::Bucket", imitated, unheard).map(({ logicalId, physicalId, config }) => ({
    logicalId,
    name: physicalId,
    notifications: config.NotificationConfiguration.QueueConfigurations.map(({ Event, Queue, Filter }) => {
      const rules = Object.fromEntries((Filter?.S3Key.Rules ?? []).map(({ Name, Value }) => [Name, Value]));
      return { queueArn: Queue, events: [Event], ...rules };
    }),
  }));
}
