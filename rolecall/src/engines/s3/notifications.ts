import type { Gate, Log } from "../../gate/types.ts";
import { bucketArn } from "./access.ts";
import { HOST_ID } from "./errors.ts";
import { encodeKey } from "./keys.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html */
export interface NotificationRule {
  readonly queueArn: string;
  /** E.g. `s3:ObjectCreated:*`. */
  readonly events: readonly string[];
  readonly prefix?: string;
  readonly suffix?: string;
}

/** What happened, without the `s3:` that configurations put before it. */
export type EventName =
  | "ObjectCreated:Put"
  | "ObjectCreated:Post"
  | "ObjectCreated:Copy"
  | "ObjectCreated:CompleteMultipartUpload"
  | "ObjectRemoved:Delete";

export interface ObjectEvent {
  readonly name: EventName;
  readonly bucket: string;
  readonly key: string;
  /** Of what was created; absent for a removal. */
  readonly object?: { readonly size: number; readonly etag: string };
  /** Who did it. */
  readonly principalId: string;
  readonly requestId: string;
}

export interface NotificationOptions {
  readonly buckets: readonly {
    readonly name: string;
    readonly notifications?: readonly NotificationRule[];
  }[];
  readonly gate: Gate;
  readonly send: (queueArn: string, body: string) => void;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly clock: () => Date;
  readonly log: Log;
}

export interface Notifications {
  /** Tells every queue whose rule the event fits. */
  publish(event: ObjectEvent): void;
  /** @throws Error when a queue's policy does not let the bucket send to it: a deployment fails there. */
  sendTestEvent(): void;
}

const SERVED_EVENTS = new Set([
  "s3:ObjectCreated:*",
  "s3:ObjectCreated:Put",
  "s3:ObjectCreated:Post",
  "s3:ObjectCreated:Copy",
  "s3:ObjectCreated:CompleteMultipartUpload",
  "s3:ObjectRemoved:*",
  "s3:ObjectRemoved:Delete",
  // Nothing here is versioned, so this never happens.
  "s3:ObjectRemoved:DeleteMarkerCreated",
]);

/**
 * Sends a bucket's events to its queues, as the queues' policies let it.
 *
 * @throws Error for an event that the local run does not imitate, and in S3's words for two rules that one object's event
 * would fit both
 */
export function createNotifications(options: NotificationOptions): Notifications {
  const { buckets, gate, send, accountId, region, partition, clock, log } = options;
  const rules = buckets.flatMap(({ name, notifications = [] }) =>
    notifications.map((rule) => ({ bucket: name, ...rule })),
  );
  for (const event of rules.flatMap(({ events }) => events)) {
    if (!SERVED_EVENTS.has(event)) {
      throw new Error(
        `The local run does not imitate the notification ${event}: leave it out of the template here.`,
      );
    }
  }
  refuseAmbiguous(rules);
  const nextSequencer = sequencers(clock);

  const maySend = (bucket: string, queueArn: string) =>
    gate.authorizeService("s3.amazonaws.com", {
      action: "sqs:SendMessage",
      resource: queueArn,
      context: { "aws:SourceArn": bucketArn(partition, bucket), "aws:SourceAccount": accountId },
    }).outcome === "allowed";

  return {
    publish(event) {
      const sequencer = nextSequencer();
      for (const rule of rules) {
        if (!fits(rule, event)) continue;
        if (!maySend(rule.bucket, rule.queueArn)) {
          log(
            `S3 may not send ${event.name} of ${event.key} to ${rule.queueArn}: the queue's policy does not allow it.`,
          );
          continue;
        }
        const record = eventRecord(event, sequencer, { region, partition, time: clock() });
        send(rule.queueArn, JSON.stringify({ Records: [record] }));
      }
    },
    sendTestEvent() {
      const targets = new Map(
        rules.map(({ bucket, queueArn }) => [`${bucket} ${queueArn}`, { bucket, queueArn }]),
      );
      for (const { bucket, queueArn } of targets.values()) {
        if (!maySend(bucket, queueArn)) {
          throw new Error(
            `Unable to validate the following destination configurations: ${bucket} may not send to ${queueArn}. ` +
              "Allow s3.amazonaws.com sqs:SendMessage in the queue's policy.",
          );
        }
        send(queueArn, JSON.stringify(testEvent(bucket, clock())));
      }
    },
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html */
function refuseAmbiguous(rules: readonly (NotificationRule & { readonly bucket: string })[]): void {
  for (const [index, rule] of rules.entries()) {
    for (const other of rules.slice(index + 1)) {
      const isAmbiguous =
        rule.bucket === other.bucket &&
        rule.events.some((event) => other.events.some((another) => shareEvents(event, another))) &&
        isEither(rule.prefix, other.prefix, (text, start) => text.startsWith(start)) &&
        isEither(rule.suffix, other.suffix, (text, end) => text.endsWith(end));
      if (!isAmbiguous) continue;
      throw new Error(
        `${rule.bucket}: Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.`,
      );
    }
  }
}

/** `s3:ObjectCreated:*` of `s3:ObjectCreated:Put`. */
const groupOf = (event: string) => `${event.slice(0, event.lastIndexOf(":"))}:*`;

const shareEvents = (one: string, other: string) =>
  one === other || one === groupOf(other) || groupOf(one) === other;

const isEither = (one = "", other = "", holds: (text: string, part: string) => boolean) =>
  holds(one, other) || holds(other, one);

function fits(
  { bucket, events, prefix = "", suffix = "" }: NotificationRule & { bucket: string },
  event: ObjectEvent,
) {
  const name = `s3:${event.name}`;
  return (
    bucket === event.bucket &&
    (events.includes(name) || events.includes(groupOf(name))) &&
    event.key.startsWith(prefix) &&
    event.key.endsWith(suffix)
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
function eventRecord(
  { name, bucket, key, object, principalId, requestId }: ObjectEvent,
  sequencer: string,
  { region, partition, time }: { readonly region: string; readonly partition: string; readonly time: Date },
) {
  return {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: region,
    eventTime: time.toISOString(),
    eventName: name,
    userIdentity: { principalId: `AWS:${principalId}` },
    requestParameters: { sourceIPAddress: "127.0.0.1" },
    responseElements: { "x-amz-request-id": requestId, "x-amz-id-2": HOST_ID },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: "local-run",
      bucket: {
        name: bucket,
        ownerIdentity: { principalId: "local-run" },
        arn: bucketArn(partition, bucket),
      },
      object: {
        key: encodeKey(key),
        ...(object === undefined ? {} : { size: object.size, eTag: object.etag.replaceAll('"', "") }),
        sequencer,
      },
    },
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-enable-disable-notification-intro.html */
function testEvent(bucket: string, time: Date) {
  return {
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: time.toISOString(),
    Bucket: bucket,
    RequestId: "LOCALRUN",
    HostId: HOST_ID,
  };
}

/** Hexadecimal numbers of one length that only grow, so that two events of one key can be put in order. */
function sequencers(clock: () => Date): () => string {
  let last = 0n;
  return () => {
    const now = BigInt(clock().getTime()) << 16n;
    last = now > last ? now : last + 1n;
    return last.toString(16).toUpperCase().padStart(18, "0");
  };
}
