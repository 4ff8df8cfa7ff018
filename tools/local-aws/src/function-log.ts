/** What Powertools' logger adds to every line; it tells lines of one function apart by nothing that matters here. */
const everyLineHas =
  /^(timestamp|service|cold_start|function_(arn|memory_size|name|request_id)|sampling_rate|xray_trace_id|level|message)$/;

/**
 * A line that a function wrote, for a person at a terminal: the structured logs and metrics of Powertools as one short
 * line, anything else as it is.
 */
export function readableLogLine(line: string): string {
  const entry = parseObject(line);
  if (!entry) return line;
  if (isObject(entry._aws)) return metrics(entry, entry._aws);
  if (typeof entry.level !== "string" || typeof entry.message !== "string") return line;
  const details = Object.entries(entry)
    .filter(([name]) => !everyLineHas.test(name))
    .map(([name, value]) => `${name}=${brief(value)}`);
  return [entry.level, entry.message, ...details].join(" ");
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function metrics(entry: Record<string, unknown>, { CloudWatchMetrics }: Record<string, unknown>): string {
  const directives = Array.isArray(CloudWatchMetrics) ? CloudWatchMetrics.filter(isObject) : [];
  const names = directives.flatMap(({ Metrics }) => (Array.isArray(Metrics) ? Metrics.filter(isObject) : []));
  return ["METRIC", ...names.map(({ Name }) => `${Name}=${brief(entry[String(Name)])}`)].join(" ");
}

/** An error by its name and message: what a stack trace adds is inside a bundle. */
function brief(value: unknown): string {
  if (isObject(value) && typeof value.name === "string" && typeof value.message === "string") {
    return `${value.name}: ${value.message}`;
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
