import * as v from "valibot";
import type { CorsRule } from "../../engines/s3/cors.ts";
import { happensHere, type NotifyingBucket } from "../../engines/s3/notifications.ts";
import { texts } from "./integrations.ts";
import { boolean, number, type Reading, read } from "./read.ts";

export interface BucketPart extends NotifyingBucket {
  readonly versioned: boolean;
  readonly logicalId: string;
  readonly cors: readonly CorsRule[];
}

const common = {
  Event: v.string(),
  Filter: v.optional(
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
  ),
};

const imitated = {
  BucketName: v.optional(v.string()),
  CorsConfiguration: v.optional(
    v.object({
      CorsRules: v.array(
        v.object({
          Id: v.optional(v.string()),
          AllowedOrigins: texts,
          AllowedMethods: texts,
          AllowedHeaders: texts,
          ExposedHeaders: texts,
          MaxAge: v.optional(number),
        }),
      ),
    }),
    { CorsRules: [] },
  ),
  VersioningConfiguration: v.optional(v.object({ Status: v.string() })),
  NotificationConfiguration: v.optional(
    v.object({
      EventBridgeConfiguration: v.optional(v.object({ EventBridgeEnabled: v.optional(boolean, true) })),
      LambdaConfigurations: v.optional(v.array(v.object({ ...common, Function: v.string() })), []),
      QueueConfigurations: v.optional(v.array(v.object({ ...common, Queue: v.string() })), []),
      TopicConfigurations: v.optional(v.array(v.object({ ...common, Topic: v.string() })), []),
    }),
    {},
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
  return read(reading, "AWS::S3::Bucket", imitated, unheard).map((bucket) => {
    const { EventBridgeConfiguration, ...configured } = bucket.config.NotificationConfiguration;
    const rules = [
      ...configured.LambdaConfigurations.map((one) => ({ ...one, targetArn: one.Function })),
      ...configured.QueueConfigurations.map((one) => ({ ...one, targetArn: one.Queue })),
      ...configured.TopicConfigurations.map((one) => ({ ...one, targetArn: one.Topic })),
    ];
    for (const { Event } of rules)
      if (!happensHere(Event)) reading.note(bucket, `not imitated: ${Event} never happens here`);
    return {
      logicalId: bucket.logicalId,
      name: bucket.physicalId,
      cors: bucket.config.CorsConfiguration.CorsRules.map((rule) => ({
        origins: rule.AllowedOrigins,
        methods: rule.AllowedMethods,
        headers: rule.AllowedHeaders,
        exposed: rule.ExposedHeaders,
        maxAge: rule.MaxAge,
      })),
      versioned: bucket.config.VersioningConfiguration?.Status === "Enabled",
      notifications: rules.map(({ Event, Filter, targetArn }) => {
        const filter = (Filter?.S3Key.Rules ?? []).map(({ Name, Value }) => [Name, Value]);
        return { targetArn, events: [Event], ...Object.fromEntries(filter) };
      }),
      eventBridge: EventBridgeConfiguration?.EventBridgeEnabled ?? false,
    };
  });
}
