import type { Decision } from "../../iam/types.ts";
import type { Gate, Principal } from "../types.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html */
export type MessageAttributes = Readonly<Record<string, { readonly type: string; readonly value: string }>>;

/** What one service hands to another. */
export interface Message {
  /** JSON where a function or a bus takes it. */
  readonly body: string;
  readonly subject?: string | undefined;
  readonly attributes?: MessageAttributes | undefined;
  /** Of FIFO queues and topics. */
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
}

/** Takes what was let through. */
export type Receiver = (message: Message, senderId: string) => void;

/** A service that acts by itself for one of its resources, or with a role that it was given. */
export type Sender =
  | { readonly service: string; readonly sourceArn: string }
  | { readonly principal: Principal };

/** The functions, queues, topics and buses that services send to, each behind IAM. */
export interface Targets {
  add(arn: string, receiver: Receiver): void;
  /** How many messages were handed over so far. */
  readonly delivered: number;
  /** False where IAM denies for certain that the sender may send to it. Only what is allowed is ever sent. */
  mayBeAllowed(sender: Sender, arn: string): boolean;
  /**
   * Hands over a message that may be sent.
   *
   * @throws Error when it is not in the stack or does not take the message.
   */
  deliver(arn: string, message: Message, senderId: string): void;
  /** Asks IAM, then delivers. @returns why it was not sent, with what to do; undefined when it was. */
  send(sender: Sender, arn: string, message: Message): string | undefined;
}

/** By the service in the target's ARN: what sending to it is called, and where it is allowed. */
const sending: Readonly<Record<string, { readonly action: string; readonly policy: string }>> = {
  lambda: { action: "lambda:InvokeFunction", policy: "the function needs an AWS::Lambda::Permission" },
  sqs: { action: "sqs:SendMessage", policy: "the queue needs an AWS::SQS::QueuePolicy" },
  sns: { action: "sns:Publish", policy: "the topic needs an AWS::SNS::TopicPolicy" },
  events: { action: "events:PutEvents", policy: "the bus needs an AWS::Events::EventBusPolicy" },
};

/** Undefined for a service that nothing here sends to. */
export function sendingAction(arn: string): string | undefined {
  return sending[arn.split(":")[2] ?? ""]?.action;
}

export function createTargets(options: { readonly gate: Gate; readonly accountId: string }): Targets {
  const { gate, accountId } = options;
  const receivers = new Map<string, Receiver>();
  let delivered = 0;

  function outcomeOf(sender: Sender, arn: string): Decision["outcome"] | undefined {
    const action = sendingAction(arn);
    if (action === undefined) return undefined;
    const { outcome } =
      "principal" in sender
        ? gate.authorize(sender.principal, { action, resource: arn, context: {} })
        : gate.authorizeService(sender.service, {
            action,
            resource: arn,
            context: { "aws:SourceArn": sender.sourceArn, "aws:SourceAccount": accountId },
          });
    return outcome;
  }

  function deliver(arn: string, message: Message, senderId: string): void {
    const receiver = receivers.get(arn) ?? receivers.get(unqualified(arn));
    if (!receiver) throw new Error(`${arn} is not in the stack.`);
    delivered += 1;
    receiver(message, senderId);
  }

  return {
    add: (arn, receiver) => receivers.set(arn, receiver),
    get delivered() {
      return delivered;
    },
    mayBeAllowed: (sender, arn) => ["allowed", "unknown"].includes(outcomeOf(sender, arn) ?? ""),
    deliver,
    send(sender, arn, message) {
      const action = sendingAction(arn);
      if (action === undefined) return `the local run sends nothing to ${arn}`;
      if (outcomeOf(sender, arn) !== "allowed") {
        if ("principal" in sender) return `the role of ${sender.principal.name} needs ${action} on ${arn}`;
        const { policy = "" } = sending[arn.split(":")[2] ?? ""] ?? {};
        return `${policy} that allows ${sender.service} ${action}`;
      }
      try {
        deliver(arn, message, "principal" in sender ? sender.principal.name : sender.service);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  };
}

/** A function's ARN without its version or alias. */
function unqualified(arn: string): string {
  const parts = arn.split(":");
  return parts[2] === "lambda" ? parts.slice(0, 7).join(":") : arn;
}
