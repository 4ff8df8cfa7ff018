import { vi } from "vitest";

type Line = Record<string, unknown>;

/** What the handler logged at a level since the test began, a parsed line each. */
export function logged(level: "info" | "warn" | "error"): Line[] {
  return vi.mocked(console[level]).mock.calls.map(([line]) => JSON.parse(line));
}

/**
 * What the handler gave CloudWatch to count since the test began: each metric with its namespace and dimensions.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emittedMetrics() {
  return vi
    .mocked(console.log)
    .mock.calls.map(([line]) => JSON.parse(line))
    .flatMap(({ _aws, ...values }) =>
      (_aws.CloudWatchMetrics as EmbeddedMetrics[]).flatMap(({ Namespace, Dimensions, Metrics }) =>
        Metrics.map(({ Name, Unit }) => ({
          namespace: Namespace,
          dimensions: Dimensions.map((names) =>
            Object.fromEntries(names.map((name) => [name, values[name]])),
          ),
          name: Name,
          unit: Unit,
          value: values[Name],
        })),
      ),
    );
}

interface EmbeddedMetrics {
  Namespace: string;
  Dimensions: string[][];
  Metrics: { Name: string; Unit: string }[];
}
