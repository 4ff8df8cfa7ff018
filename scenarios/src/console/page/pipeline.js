/** @import { DecisionMessage, ServiceMessage } from "../../../../rolecall/src/console/messages.ts" */

/**
 * What a decision has to do with a recording's way: it belongs to one of its stages, or to somebody's reading about
 * recordings.
 *
 * @typedef {"uploaded" | "queued" | "transcribing" | "completed" | "reading"} Stage
 */

/** @type {readonly { stage: Stage, title: string, says: string }[]} */
export const stages = [
  { stage: "uploaded", title: "Uploaded", says: "A caller signs, a function stores the audio" },
  { stage: "queued", title: "Queued", says: "S3 tells the queue, a function starts the job" },
  {
    stage: "transcribing",
    title: "Transcribing",
    says: "Transcribe reads and writes with that function's rights",
  },
  { stage: "completed", title: "Done", says: "An event, and a function that reports it" },
];

/**
 * Where a decision stands on a recording's way. The functions are known by what invokes them: those behind POST
 * routes upload, the one behind a queue starts the job, one that events invoke reports the outcome.
 *
 * @param {ServiceMessage} service
 * @returns {(decision: DecisionMessage) => Stage | undefined} Undefined for what a function logs.
 */
export function stageFinder({ holders, routes }) {
  /** @type {Map<string, Stage>} */
  const ofFunction = new Map();
  /** @type {Map<string, string>} */
  const byArn = new Map();
  for (const { id, kind, polls, arn } of holders) {
    if (kind !== "function") continue;
    if (arn) byArn.set(arn, id);
    const route = routes.find(({ functionKey }) => functionKey === id);
    if (route) ofFunction.set(id, route.routeKey.startsWith("POST ") ? "uploaded" : "reading");
    else ofFunction.set(id, polls.length > 0 ? "queued" : "completed");
  }
  return ({ who, action, onBehalfBy, resource }) => {
    if (action.startsWith("logs:")) return undefined;
    if (onBehalfBy) return "transcribing";
    if (action.startsWith("sqs:")) return "queued";
    if (action.startsWith("execute-api:")) return resource.full.includes("/POST/") ? "uploaded" : "reading";
    const invoked = action === "lambda:InvokeFunction" ? byArn.get(resource.full) : undefined;
    return ofFunction.get(invoked ?? who);
  };
}
