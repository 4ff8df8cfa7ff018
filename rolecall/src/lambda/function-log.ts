import type { InvocationReport } from "./types.ts";

/** What Powertools' logger adds to every line; it tells lines of one function apart by nothing that matters here. */
const everyLineHas =
  /^(timestamp|service|cold_start|function_(arn|memory_size|name|request_id)|sampling_rate|xray_trace_id|level|message)$/;

/** The runtime's text format: time, request id, level, message; the first two say nothing that is not known here. */
const runtimeLine = /^\d{4}-\d\d-\d\dT[\d:.]+Z\t\S*\t([A-Z]+)\t(.*)$/s;

const timedOut = /^\S+Z \S+ (Task timed out after .*)$/;
const processEnded = /^RequestId: \S+ Error: (.*)\n(Runtime\.\w+)$/;
const initFailed =
  /^INIT_REPORT Init Duration: ([\d.]+) ms\tPhase: (\w+)\tStatus: (\w+)(?:\tError Type: (.*))?$/;

/**
 * What a function logged, for a person at a terminal: the structured logs and metrics of Powertools as one short line,
 * what `console` wrote and what Lambda says of a failure without the time and the request id, anything else as it is.
 * Further lines of one event are indented.
 *
 * @param event One log event, of several lines maybe.
 */
export function readableLogLine(event: string): string {
  const entry = parseObject(event);
  if (entry) return indent(structured(entry) ?? event);
  return indent(platform(event) ?? consoleLine(event) ?? thrownError(event) ?? event);
}

/** What Lambda's REPORT line tells of an invocation, for a person at a terminal. */
export function readableReport(report: InvocationReport): string {
  const { durationMs, initMs, maxMemoryMb, memoryMb, outcome } = report;
  return [
    `REPORT ${milliseconds(durationMs).padStart(9)}`,
    `${String(maxMemoryMb ?? "?").padStart(4)} of ${memoryMb} MB`,
    ...(initMs === undefined ? [] : [`cold start ${milliseconds(initMs)}`]),
    ...(outcome === "success" ? [] : [outcome]),
  ].join(", ");
}

function milliseconds(ms: number): string {
  return `${Math.ceil(ms)} ms`;
}

/** Undefined for an object that is neither a log entry nor a metric. */
function structured(entry: Record<string, unknown>): string | undefined {
  if (isObject(entry._aws)) return metrics(entry, entry._aws);
  if (typeof entry.level !== "string" || typeof entry.message !== "string") return undefined;
  const details = Object.entries(entry)
    .filter(([name]) => !everyLineHas.test(name))
    .map(([name, value]) => `${name}=${brief(value)}`);
  return [entry.level, entry.message, ...details].join(" ");
}

function platform(event: string): string | undefined {
  const [, late] = timedOut.exec(event) ?? [];
  if (late !== undefined) return `ERROR ${late}`;
  const [, reason, errorType] = processEnded.exec(event) ?? [];
  if (errorType !== undefined) return `ERROR ${errorType}: ${reason}`;
  const [, took, phase, status, initError] = initFailed.exec(event) ?? [];
  if (took === undefined) return undefined;
  const what = `INIT failed after ${milliseconds(Number(took))} (${initError ?? status})`;
  return phase === "init"
    ? `${what}, and runs once more within the invocation`
    : `${what} within the invocation`;
}

function consoleLine(event: string): string | undefined {
  const [, level, message] = runtimeLine.exec(event) ?? [];
  return message === undefined ? undefined : `${level} ${thrownError(message) ?? message}`;
}

/** What the runtime logs of an error that a handler or a module threw: with the frames of its stack that are not Node's. */
function thrownError(message: string): string | undefined {
  const [, what, json] = /^(Init Error|Invoke Error)\s*(\{.*)$/s.exec(message) ?? [];
  const thrown = json === undefined ? undefined : parseObject(json);
  if (!thrown) return undefined;
  const { errorType, errorMessage, trace } = thrown;
  const frames = (Array.isArray(trace) ? trace : []).filter(
    (frame) => /^\s*at /.test(String(frame)) && !String(frame).includes("node:internal"),
  );
  return [`${what} ${errorType}${errorMessage ? `: ${errorMessage}` : ""}`, ...frames].join("\n");
}

function indent(text: string): string {
  return text.replaceAll(/\n(?![ \t])/g, "\n  ");
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
