import type { SQSEvent, SQSRecord } from "aws-lambda";

/*
 * What the handlers use of Powertools, doing nothing: bundled in its place, it shows what Powertools costs. No function
 * is ever packaged with it.
 */

export class Logger {
  addContext() {}
  info() {}
  error() {}
}

export class Metrics {
  singleMetric() {
    return this;
  }
  addDimension() {}
  addMetric() {}
}

export const MetricUnit = { Count: "Count" };

export class BatchProcessor {}

export const EventType = { SQS: "SQS" };

export async function processPartialResponse(event: SQSEvent, handle: (record: SQSRecord) => Promise<void>) {
  await Promise.all(event.Records.map(handle));
  return { batchItemFailures: [] };
}
