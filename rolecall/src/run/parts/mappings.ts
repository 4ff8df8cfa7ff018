import * as v from "valibot";
import type { MappingSpec } from "../../engines/sqs/event-source-mapping.ts";
import { boolean, number, type Reading, read } from "./read.ts";

export type MappingPart = Omit<MappingSpec, "target"> & {
  /** The function's name or ARN. */
  readonly functionName: string;
};

const imitated = {
  FunctionName: v.string(),
  EventSourceArn: v.optional(v.string()),
  BatchSize: v.optional(number, 10),
  MaximumBatchingWindowInSeconds: v.optional(number, 0),
  Enabled: v.optional(boolean, true),
  FunctionResponseTypes: v.optional(v.array(v.literal("ReportBatchItemFailures")), []),
  FilterCriteria: v.optional(
    v.object({
      Filters: v.array(
        v.object({ Pattern: v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())) }),
      ),
    }),
  ),
  ScalingConfig: v.optional(v.object({ MaximumConcurrency: v.optional(number) })),
};

/** Those of queues that are enabled; others are noted. */
export function mappingParts(reading: Reading): MappingPart[] {
  return read(reading, "AWS::Lambda::EventSourceMapping", imitated).flatMap((resource) => {
    const { config } = resource;
    const source = config.EventSourceArn ?? "";
    if (source.split(":")[2] !== "sqs") {
      reading.note(resource, `not imitated: ${source || "a source without an ARN"} invokes nothing here`);
      return [];
    }
    if (!config.Enabled) return [];
    const maximumConcurrency = config.ScalingConfig?.MaximumConcurrency;
    return {
      queueArn: source,
      functionName: config.FunctionName,
      batchSize: config.BatchSize,
      batchingWindow: config.MaximumBatchingWindowInSeconds,
      reportBatchItemFailures: config.FunctionResponseTypes.includes("ReportBatchItemFailures"),
      ...(config.FilterCriteria && { filters: config.FilterCriteria.Filters.map(({ Pattern }) => Pattern) }),
      ...(maximumConcurrency !== undefined && { maximumConcurrency }),
    };
  });
}
