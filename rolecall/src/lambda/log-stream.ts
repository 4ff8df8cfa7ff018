import { randomBytes } from "node:crypto";
import type { Gate, Log } from "../gate/types.ts";
import type { FunctionSpec, InvocationReport, LambdaOptions } from "./types.ts";

/** A new stream's name, as Lambda writes it: `2026/11/23/[$LATEST]` and 32 hexadecimal digits. */
export function logStreamName(now: Date): string {
  const day = now.toISOString().slice(0, 10).replaceAll("-", "/");
  return `${day}/[$LATEST]${randomBytes(16).toString("hex")}`;
}

export interface LogStreamOptions extends Pick<LambdaOptions, "region" | "accountId" | "logs" | "onReport"> {
  readonly gate: Gate;
  /** Told once when the role may not log. */
  readonly warn: Log;
}

export interface LogStream {
  readonly write: (requestId: string | undefined, event: string) => void;
  readonly report: (report: InvocationReport) => void;
}

/**
 * Opens an instance's log stream with the execution role, as Lambda does: a role that may not log loses its lines
 * without an error, and nothing but the missing lines shows it.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
 */
export function openLogStream(
  spec: FunctionSpec,
  stream: string,
  { gate, region, accountId, logs, onReport, warn }: LogStreamOptions,
): LogStream {
  const partition = spec.arn.split(":")[1];
  const resource = `arn:${partition}:logs:${region}:${accountId}:log-group:${spec.logGroup}:log-stream:${stream}`;

  function may(action: string): boolean {
    let reason = "its role may not";
    try {
      if (gate.authorize(spec.principal, { action, resource, context: {} }).outcome === "allowed")
        return true;
    } catch (error) {
      reason = String(error);
    }
    warn(`${spec.key} writes no logs: ${action} on ${resource}: ${reason}`);
    return false;
  }

  // Both at once: Lambda's own INIT_START line is the first that is written.
  const writable = may("logs:CreateLogStream") && may("logs:PutLogEvents");
  return {
    write: (requestId, event) => {
      if (writable) logs(spec.name, requestId, event);
    },
    report: (report) => {
      if (writable) onReport?.(report);
    },
  };
}
