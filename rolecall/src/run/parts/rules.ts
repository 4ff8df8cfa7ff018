import * as v from "valibot";
import type { RuleSpec } from "../../engines/events/bus.ts";
import { arnOf, type Reading, read } from "./read.ts";

const imitated = {
  Name: v.optional(v.string()),
  EventPattern: v.optional(v.record(v.string(), v.unknown())),
  State: v.optional(v.picklist(["ENABLED", "DISABLED"]), "ENABLED"),
  Targets: v.optional(v.array(v.object({ Arn: v.string(), Id: v.string() })), []),
};

/** Those that are enabled. */
export function ruleParts(reading: Reading): RuleSpec[] {
  return read(reading, "AWS::Events::Rule", imitated)
    .filter(({ config }) => config.State === "ENABLED")
    .flatMap((resource) => {
      const { EventPattern, Targets } = resource.config;
      if (EventPattern === undefined) return [];
      return {
        name: resource.physicalId,
        arn: arnOf(resource),
        pattern: EventPattern,
        targets: Targets.map(({ Arn }) => ({ functionArn: Arn })),
      };
    });
}
