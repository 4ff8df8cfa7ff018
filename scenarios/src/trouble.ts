import { denialMessage } from "rolecall";
import { readableLogLine, type TracedDecision } from "rolecall/run";

/** A denial in AWS's words, and where the statement would stand that allows it. Undefined for what was allowed. */
export function denialReport(traced: TracedDecision): string | undefined {
  const { who, caller, action, resource, onBehalfBy, decision } = traced;
  if (decision.outcome === "allowed") return undefined;
  const message = denialMessage({ caller, action, resource }, decision, {
    quoteResource: action.startsWith("s3:"),
  });
  const asked = onBehalfBy ? `${who} was denied what ${onBehalfBy} asked on its behalf` : `${who} was denied`;
  return `${asked}:\n  ${message}\n  ${whereToLook(traced)}`;
}

function whereToLook({ who, caller, decision }: TracedDecision): string {
  if (decision.outcome === "explicitly denied") {
    return `It is the statement ${decision.by.sid ?? decision.by.index + 1} of the policy ${decision.by.policy} that denies it.`;
  }
  if (caller.type === "service") return "A resource-based policy has to allow it: see resources/.";
  if (who === "developer") return "The local run's developer may call the API, and nothing else.";
  return `No statement of its role allows it: see functions.${who}.iamRoleStatements in serverless.yml.`;
}

/** A log line that tells of a function that could not do its work; undefined for any other. */
export function failureReport(functionKey: string, line: string): string | undefined {
  const readable = readableLogLine(line);
  // A job that Transcribe fails is an outcome of the service, not a fault in it: the recording says why.
  const isFailure = /^(ERROR (?!transcription failed)|Init Error|Invoke Error)/.test(readable);
  return isFailure ? `${functionKey}: ${readable}` : undefined;
}

/** What the local run says of a call that it does not serve; undefined for any other line of its own. */
export function unservedReport(line: string): string | undefined {
  return line.includes("does not imitate") ? line : undefined;
}
