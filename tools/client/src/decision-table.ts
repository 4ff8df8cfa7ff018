import type { TracedDecision } from "@voice-notes/local-aws";
import colors from "picocolors";
import { table } from "./output.ts";

/** `{uuid}.{language}.{format}` */
const recordingId = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[\w-]+\.\w+/g;

/** One line for each different decision and how often it was taken; ids and the bucket's name abbreviated. */
export function decisionTable(decisions: readonly TracedDecision[], bucket: string): string {
  const rows = new Map<string, { cells: string[]; times: number }>();
  for (const { who, action, resource, decision, onBehalfBy } of decisions) {
    const verdict =
      decision.outcome === "allowed" ? (decision.by.sid ?? decision.by.policy) : colors.red(decision.outcome);
    const cells = [
      onBehalfBy ? `${who}, by ${onBehalfBy}` : who,
      action,
      abbreviate(resource, bucket),
      verdict,
    ];
    const key = cells.join("\n");
    const row = rows.get(key) ?? { cells, times: 0 };
    row.times += 1;
    rows.set(key, row);
  }
  return table(
    ["WHO", "ACTION", "RESOURCE", "TIMES", "ALLOWED BY"],
    [...rows.values()].map(({ cells: [who = "", action = "", resource = "", verdict = ""], times }) => [
      who,
      action,
      resource,
      String(times),
      verdict,
    ]),
  );
}

/** What tells resources of one stack apart: the ARN from its last named part on. */
function abbreviate(resource: string, bucket: string): string {
  return resource
    .replace(/^arn:[^:]*:[^:]*:[^:]*:[^:]*:/, "")
    .replace(bucket, "{bucket}")
    .replaceAll(recordingId, "{id}")
    .replace(/:log-stream:.*$/, ":log-stream:…");
}
