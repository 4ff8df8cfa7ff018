import { type Message, sendingAction } from "../../gate/targets/targets.ts";
import type { Gate, Log } from "../../gate/types.ts";
import type { BusEvent } from "../events/bus.ts";
import { bucketArn } from "./access.ts";
import { HOST_ID } from "./errors.ts";
import { encodeKey } from "./keys.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html */
export interface NotificationRule {
  /** Of a queue, a topic or a function. */
  readonly targetArn: string;
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
  | "ObjectRemoved:Delete"
  | "ObjectRemoved:DeleteMarkerCreated";

/** A bucket's name, and whom it tells of what happens in it. */
export interface NotifyingBucket {
  readonly name: string;
  readonly notifications?: readonly NotificationRule[];
  /** Whether Amazon EventBridge is told of everything. */
  readonly eventBridge?: boolean;
}

export interface ObjectEvent {
  readonly name: EventName;
  readonly bucket: string;
  readonly key: string;
  /** Of what was created; absent for a removal. */
  readonly object?: { readonly size: number; readonly etag: string };
  /** Of a versioned bucket. */
  readonly versionId?: string | undefined;
  /** Who did it. */
  readonly principalId: string;
  readonly requestId: string;
}

export interface NotificationOptions {
  readonly buckets: readonly NotifyingBucket[];
  readonly gate: Gate;
  /** Takes a notification to a queue, a topic or a function, once its policy has let it. */
  readonly send: (targetArn: string, message: Message) => void;
  /** Takes an event to Amazon EventBridge, which needs nobody's leave. */
  readonly putEvent: (event: BusEvent) => void;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly clock: () => Date;
  readonly log: Log;
}

export interface Notifications {
  /** Tells every target whose rule the event fits. */
  publish(event: ObjectEvent): void;
  /** @throws Error when a target's policy does not let the bucket send to it: a deployment fails there. */
  sendTestEvent(): void;
}

/** Of the events that a configuration can name, those that happen here. */
const HAPPENING = new Set([
  "s3:ObjectCreated:*",
  "s3:ObjectCreated:Put",
  "s3:ObjectCreated:Post",
  "s3:ObjectCreated:Copy",
  "s3:ObjectCreated:CompleteMultipartUpload",
  "s3:ObjectRemoved:*",
  "s3:ObjectRemoved:Delete",
  "s3:ObjectRemoved:DeleteMarkerCreated",
]);

export const happensHere = (event: string) => HAPPENING.has(event);

/**
 * Sends a bucket's events to its queues, topics and functions, as their policies let it, and to Amazon EventBridge.
 *
 * @throws Error in S3's words for two rules that one object's event would fit both, and for a FIFO queue or topic
 */
export function createNotifications(options: NotificationOptions): Notifications {
  const { buckets, gate, send, putEvent, accountId, region, partition, clock, log } = options;
  const rules = buckets.flatMap(({ name, notifications = [] }) =>
    notifications.map((rule) => ({ bucket: name, ...rule })),
  );
  const unusable = rules.find(
    ({ targetArn }) => sendingAction(targetArn) === undefined || targetArn.endsWith(".fifo"),
  );
  if (unusable) throw invalidDestination(unusable);
  const tellsEventBridge = new Set(buckets.filter(({ eventBridge }) => eventBridge).map(({ name }) => name));
  refuseAmbiguous(rules);
  const nextSequencer = sequencers(clock);

  const maySend = (bucket: string, targetArn: string) =>
    gate.authorizeService("s3.amazonaws.com", {
      action: sendingAction(targetArn) ?? "",
      resource: targetArn,
      context: { "aws:SourceArn": bucketArn(partition, bucket), "aws:SourceAccount": accountId },
    }).outcome === "allowed";

  return {
    publish(event) {
      const sequencer = nextSequencer();
      for (const rule of rules) {
        if (!fits(rule, event)) continue;
        const { bucket, targetArn } = rule;
        if (!maySend(bucket, targetArn)) {
          log(
            `S3 may not send ${event.name} of ${event.key} to ${targetArn}: the policy of the ${kindOf(targetArn)} does not allow it.`,
          );
          continue;
        }
        const record = eventRecord(event, sequencer, { region, partition, time: clock() });
        send(targetArn, { body: JSON.stringify({ Records: [record] }), subject: SUBJECT });
      }
      if (tellsEventBridge.has(event.bucket)) putEvent(busEvent(event, sequencer, { partition, accountId }));
    },
    sendTestEvent() {
      const targets = new Map(rules.map((rule) => [`${rule.bucket} ${rule.targetArn}`, rule]));
      for (const target of targets.values()) {
        const { bucket, targetArn } = target;
        if (!maySend(bucket, targetArn)) throw invalidDestination(target);
        // A function is only looked at.
        if (kindOf(targetArn) === "function") continue;
        send(targetArn, { body: JSON.stringify(testEvent(bucket, clock())), subject: SUBJECT });
      }
    },
  };
}

/** What a topic's subscribers read above the message. */
const SUBJECT = "Amazon S3 Notification";

const KINDS: Readonly<Record<string, string>> = { lambda: "function", sns: "topic", sqs: "queue" };
const kindOf = (targetArn: string) => KINDS[targetArn.split(":")[2] ?? ""] ?? "target";

function invalidDestination({
  bucket,
  targetArn,
}: {
  readonly bucket: string;
  readonly targetArn: string;
}): Error {
  const refused = `Unable to validate the following destination configurations: ${bucket} may not send to ${targetArn}.`;
  const action = sendingAction(targetArn);
  if (action === undefined || targetArn.endsWith(".fifo"))
    return new Error(`${refused} S3 notifies standard queues and topics, and functions.`);
  return new Error(`${refused} Allow s3.amazonaws.com ${action} in the policy of the ${kindOf(targetArn)}.`);
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
  { name, bucket, key, object, versionId, principalId, requestId }: ObjectEvent,
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
        ...(versionId !== undefined && { versionId }),
        sequencer,
      },
    },
  };
}

const REASONS: Readonly<Record<EventName, string>> = {
  "ObjectCreated:Put": "PutObject",
  "ObjectCreated:Post": "POST Object",
  "ObjectCreated:Copy": "CopyObject",
  "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
  "ObjectRemoved:Delete": "DeleteObject",
  "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
};

/** The key is as it is here, not encoded. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
function busEvent(
  { name, bucket, key, object, versionId, requestId }: ObjectEvent,
  sequencer: string,
  { partition, accountId }: { readonly partition: string; readonly accountId: string },
): BusEvent {
  const isCreated = name.startsWith("ObjectCreated:");
  const isMarker = name === "ObjectRemoved:DeleteMarkerCreated";
  return {
    source: "aws.s3",
    detailType: isCreated ? "Object Created" : "Object Deleted",
    resources: [bucketArn(partition, bucket)],
    detail: {
      version: "0",
      bucket: { name: bucket },
      object: {
        key,
        ...(object && { size: object.size, etag: object.etag.replaceAll('"', "") }),
        ...(versionId !== undefined && { "version-id": versionId }),
        sequencer,
      },
      "request-id": requestId,
      requester: accountId,
      "source-ip-address": "127.0.0.1",
      reason: REASONS[name],
      ...(!isCreated && { "deletion-type": isMarker ? "Delete Marker Created" : "Permanently Deleted" }),
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
