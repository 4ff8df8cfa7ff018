import { eventLimit } from "../../lambda/types.ts";
import type { Message } from "./queue.ts";

/** Messages that one invocation gets. */
export interface Batch {
  readonly messages: readonly Message[];
  readonly event: { readonly Records: readonly object[] };
}

const emptyEvent = Buffer.byteLength(JSON.stringify({ Records: [] }));

/** Shares messages out to as many events as their size needs: an invocation carries 6 MB. */
export function toBatches(
  messages: readonly Message[],
  place: { readonly queueArn: string; readonly region: string },
): Batch[] {
  const batches: { messages: Message[]; event: { Records: object[] } }[] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const record = recordOf(message, place);
    // Each with the comma before it.
    const added = Buffer.byteLength(JSON.stringify(record)) + 1;
    if (size + added > eventLimit) {
      batches.push({ messages: [], event: { Records: [] } });
      size = emptyEvent;
    }
    size += added;
    batches.at(-1)?.messages.push(message);
    batches.at(-1)?.event.Records.push(record);
  }
  return batches;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
function recordOf(message: Message, { queueArn, region }: { queueArn: string; region: string }): object {
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: message.senderId,
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
      ...(message.order && {
        SequenceNumber: message.order.sequenceNumber,
        MessageGroupId: message.order.groupId,
        MessageDeduplicationId: message.order.deduplicationId,
      }),
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes ?? {}).map(([name, { type, value }]) => [
        name,
        { dataType: type, stringValue: value, stringListValues: [], binaryListValues: [] },
      ]),
    ),
    md5OfBody: message.md5,
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}
