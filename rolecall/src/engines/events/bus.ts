import { randomUUID } from "node:crypto";
import type { Sender, Targets } from "../../gate/targets/targets.ts";
import type { Log } from "../../gate/types.ts";
import { inputFor, type TargetInput } from "./input.ts";
import { compilePattern } from "./pattern.ts";

export interface RuleTarget {
  /** Of a function, a queue, a topic or a bus. */
  readonly arn: string;
  readonly input?: TargetInput;
  /** Of a FIFO queue. */
  readonly groupId?: string;
  /** The queue for events that the target may not have. */
  readonly deadLetterArn?: string;
}

export interface RuleSpec {
  readonly name: string;
  readonly arn: string;
  /** Of the bus that it listens to. */
  readonly busArn: string;
  /** Absent for a rule that only runs by its schedule. */
  readonly pattern?: Readonly<Record<string, unknown>>;
  readonly targets: readonly RuleTarget[];
}

export interface EventsOptions {
  readonly rules: readonly RuleSpec[];
  readonly targets: Targets;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly log: Log;
  readonly clock?: () => Date;
}

export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
  /** ARNs of what it is about. */
  readonly resources?: readonly string[];
}

export interface Events {
  /** Puts an event on a bus, the account's default one unless another is named by its ARN. */
  put(event: BusEvent, busArn?: string): void;
  /**
   * Sets a rule off as its schedule does.
   *
   * @throws Error for a rule that is not there.
   */
  tick(ruleArn: string): void;
}

/** The ARN of the account's default event bus. */
export const defaultBusArn = (place: {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}) => `arn:${place.partition}:events:${place.region}:${place.accountId}:event-bus/default`;

/**
 * The account's event buses: take an event to the targets of every rule whose pattern it fits, each delivery decided by
 * the target's own policy.
 *
 * @throws Error for a pattern that is not understood.
 */
export function createEvents(options: EventsOptions): Events {
  const { targets, accountId, region, log, clock = () => new Date() } = options;
  const rules = options.rules.map((rule) => ({
    ...rule,
    fits: rule.pattern ? compilePattern(rule.pattern, `rule ${rule.name}`) : () => false,
  }));

  /** https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
  function envelope({ source, detailType, detail, resources = [] }: BusEvent) {
    return {
      version: "0",
      id: randomUUID(),
      "detail-type": detailType,
      source,
      account: accountId,
      time: clock().toISOString().replace(/\.\d+/, ""),
      region,
      resources,
      detail,
    };
  }

  function run(rule: RuleSpec, event: ReturnType<typeof envelope>): void {
    const sender = { service: "events.amazonaws.com", sourceArn: rule.arn };
    for (const target of rule.targets) {
      const message = { body: inputFor(target.input, event, rule), groupId: target.groupId };
      const refused = targets.send(sender, target.arn, message);
      if (refused !== undefined) giveUp(rule, target, sender, message.body, refused);
    }
  }

  /** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
  function giveUp(rule: RuleSpec, target: RuleTarget, sender: Sender, body: string, refused: string): void {
    const verb = target.arn.split(":")[2] === "lambda" ? "invoke" : "send to";
    log(`events: the rule ${rule.name} may not ${verb} ${target.arn}: ${refused}`);
    if (target.deadLetterArn === undefined) return;
    const attributes = {
      RULE_ARN: { type: "String", value: rule.arn },
      TARGET_ARN: { type: "String", value: target.arn },
      ERROR_CODE: { type: "String", value: "NO_PERMISSIONS" },
      ERROR_MESSAGE: { type: "String", value: refused },
    };
    const lost = targets.send(sender, target.deadLetterArn, { body, attributes });
    if (lost !== undefined)
      log(`events: nor may it send to its dead-letter queue ${target.deadLetterArn}: ${lost}`);
  }

  return {
    put(event, busArn = defaultBusArn(options)) {
      const enveloped = envelope(event);
      for (const rule of rules) if (rule.busArn === busArn && rule.fits(enveloped)) run(rule, enveloped);
    },
    tick(ruleArn) {
      const rule = rules.find(({ arn }) => arn === ruleArn);
      if (!rule) throw new Error(`There is no rule ${ruleArn}.`);
      // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
      run(
        rule,
        envelope({ source: "aws.events", detailType: "Scheduled Event", detail: {}, resources: [ruleArn] }),
      );
    },
  };
}
