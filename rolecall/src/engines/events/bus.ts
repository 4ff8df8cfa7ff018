import { randomUUID } from "node:crypto";
import type { Gate, Log } from "../../gate/types.ts";
import type { Lambda } from "../../lambda/types.ts";
import { compilePattern } from "./pattern.ts";

export interface RuleSpec {
  readonly name: string;
  readonly arn: string;
  readonly pattern: Readonly<Record<string, unknown>>;
  readonly targets: readonly { readonly functionArn: string }[];
}

export interface BusOptions {
  readonly rules: readonly RuleSpec[];
  readonly gate: Gate;
  readonly lambda: Lambda;
  readonly accountId: string;
  readonly region: string;
  readonly log: Log;
  readonly clock?: () => Date;
}

export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
}

/**
 * The account's default event bus: takes an event to the functions of every rule whose pattern it fits, each
 * invocation decided by the function's own policy.
 *
 * @returns Puts an event.
 * @throws Error for a pattern that is not understood.
 */
export function createEventBus(options: BusOptions): (event: BusEvent) => void {
  const { gate, lambda, accountId, region, log, clock = () => new Date() } = options;
  const rules = options.rules.map((rule) => ({
    ...rule,
    fits: compilePattern(rule.pattern, `rule ${rule.name}`),
  }));

  return ({ source, detailType, detail }) => {
    // https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    const event = {
      version: "0",
      id: randomUUID(),
      "detail-type": detailType,
      source,
      account: accountId,
      time: clock().toISOString().replace(/\.\d+/, ""),
      region,
      resources: [],
      detail,
    };
    for (const { name, arn, fits, targets } of rules) {
      if (!fits(event)) continue;
      for (const { functionArn } of targets) {
        const { outcome } = gate.authorizeService("events.amazonaws.com", {
          action: "lambda:InvokeFunction",
          resource: functionArn,
          context: { "aws:SourceArn": arn, "aws:SourceAccount": accountId },
        });
        if (outcome !== "allowed") {
          log(
            `events: the rule ${name} may not invoke ${functionArn}, so its event is lost: the function needs an AWS::Lambda::Permission`,
          );
          continue;
        }
        try {
          lambda.invokeAsync(functionArn, event);
        } catch (error) {
          log(`events: the event of the rule ${name} for ${functionArn} is lost: ${error}`);
        }
      }
    }
  };
}
