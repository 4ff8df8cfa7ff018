import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import type { Account } from "../account/account.ts";
import { inWords } from "../account/failures.ts";
import { deadLetterQueues, nameInArn, ofType, type Plan } from "../stage/plan.ts";

/** Messages that another queue gave up. */
export interface DeadLetters {
  readonly queueName: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  /** The name of the queue that they came from, and go home to. */
  readonly home: string;
  /** About how many there are; SQS does not count exactly. */
  readonly count: number;
  /** Some of them. */
  readonly letters: readonly Letter[];
  /** Why the function's log could not be read. */
  readonly logNotRead?: string;
}

export interface Letter {
  readonly messageId: string;
  /** The keys of the objects that it tells of; empty for a message that is not S3's. */
  readonly keys: readonly string[];
  readonly sentAt: Date | undefined;
  /** What the function logged when it could not do its work, the last time that it did. */
  readonly cause?: string;
}

/** How many messages are looked at. */
const peeked = 20;

/** Seconds that a message is out of sight while it is looked at; it is put back at once. */
const lookingTime = 30;

/** Pages of log lines to read at most: a log may be long. */
const logPages = 20;

/**
 * Looks at the dead letters of each queue of the stage, and puts them back. (Each look counts as a receipt, which a
 * dead-letter queue does not mind.)
 *
 * @throws Error of AWS's when it may not look at the queue.
 */
export async function peek(account: Account, plan: Plan): Promise<readonly DeadLetters[]> {
  const found: DeadLetters[] = [];
  for (const { source, deadLetters } of deadLetterQueues(plan)) {
    const queueArn = deadLetters.arn ?? "";
    const queueName = nameInArn(queueArn);
    const { sqs } = account.clients;
    const { QueueUrl: queueUrl = "" } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueName }));
    const count = await countMessages(account, queueUrl);
    const messages = count > 0 ? await receive(account, queueUrl) : [];
    const since = Math.min(...messages.map((message) => sentTime(message) ?? Date.now()));
    const { causes, failure } =
      messages.length > 0 ? await readCauses(account, plan, source.arn, since) : { causes: new Map() };
    found.push({
      queueName,
      queueUrl,
      queueArn,
      home: nameInArn(source.arn ?? ""),
      count,
      letters: messages.map((message) => letterOf(message, causes)),
      ...(failure !== undefined && { logNotRead: failure }),
    });
  }
  return found;
}

/** About how many messages a queue holds, visible or not. */
export async function countMessages({ clients: { sqs } }: Account, QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}

async function receive({ clients: { sqs } }: Account, QueueUrl: string): Promise<readonly Message[]> {
  const messages = new Map<string, Message>();
  try {
    while (messages.size < peeked) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: lookingTime,
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ["SentTimestamp"],
        }),
      );
      if (Messages.length === 0) break;
      for (const message of Messages) messages.set(message.MessageId ?? "", message);
    }
  } finally {
    // Where that fails they come back by themselves, a little later.
    await putBack([...messages.values()]).catch(() => {});
  }
  return [...messages.values()];

  async function putBack(all: readonly Message[]): Promise<void> {
    for (let start = 0; start < all.length; start += 10) {
      const Entries = all.slice(start, start + 10).map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    }
  }
}

const sentTime = ({ Attributes }: Message): number | undefined =>
  Attributes?.SentTimestamp === undefined ? undefined : Number(Attributes.SentTimestamp);

function letterOf(message: Message, causes: ReadonlyMap<string, string>): Letter {
  const { MessageId: messageId = "", Body = "" } = message;
  const sent = sentTime(message);
  const cause = causes.get(messageId);
  return {
    messageId,
    keys: keysIn(Body),
    sentAt: sent === undefined ? undefined : new Date(sent),
    ...(cause !== undefined && { cause }),
  };
}

/** A body may be anything: that may be what is wrong with it. */
function keysIn(body: string): readonly string[] {
  const keys = [...body.matchAll(/"key"\s*:\s*"([^"]*)"/g)].map(([, key = ""]) => key);
  return keys.map((key) => {
    try {
      // S3 encodes keys, and a space as a plus.
      return decodeURIComponent(key.replaceAll("+", " "));
    } catch {
      return key;
    }
  });
}

/** What the function behind the queue logged, by the message's id. */
async function readCauses(
  { clients: { logs } }: Account,
  { service: { stack } }: Plan,
  sourceArn: string | undefined,
  since: number,
): Promise<{ readonly causes: ReadonlyMap<string, string>; readonly failure?: string }> {
  const causes = new Map<string, string>();
  const mapping = ofType(stack, "AWS::Lambda::EventSourceMapping").find(
    ({ properties }) => properties.EventSourceArn === sourceArn,
  );
  const lambda = ofType(stack, "AWS::Lambda::Function").find(({ arn, physicalId }) =>
    [arn, physicalId].includes(String(mapping?.properties.FunctionName)),
  );
  if (lambda === undefined) return { causes, failure: "no function of the template polls the queue" };
  try {
    let nextToken: string | undefined;
    for (let page = 0; page < logPages; page += 1) {
      const answer = await logs.send(
        new FilterLogEventsCommand({
          logGroupName: `/aws/lambda/${lambda.physicalId}`,
          filterPattern: '{ $.level = "ERROR" && $.messageId = "*" }',
          startTime: since,
          nextToken,
        }),
      );
      for (const { message = "" } of answer.events ?? []) {
        const [messageId, cause] = causeOf(message) ?? [];
        if (messageId !== undefined && cause !== undefined) causes.set(messageId, cause);
      }
      nextToken = answer.nextToken;
      if (nextToken === undefined) break;
    }
    return { causes };
  } catch (error) {
    return { causes, failure: inWords(error) };
  }
}

/** @returns the message's id and what was wrong, of a log line that tells both. */
function causeOf(line: string): readonly [string, string] | undefined {
  try {
    const { messageId, message, error } = JSON.parse(line);
    const reason = error ? `${error.name}: ${error.message}` : message;
    return typeof messageId === "string" ? [messageId, String(reason)] : undefined;
  } catch {
    return undefined;
  }
}
