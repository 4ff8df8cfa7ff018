import { denialReport, readableLogLine, type TracedDecision } from "rolecall/run";

/** A denial in AWS's words, and the place in this repository to look at. Undefined for what was allowed. */
export function denialHere(traced: TracedDecision): string | undefined {
  const report = denialReport(traced);
  if (report === undefined || traced.decision.outcome === "explicitly denied") return report;
  if (traced.caller.type === "service") return `${report}\n  see resources/`;
  if (traced.who === "developer") return report;
  return `${report}\n  see functions.${traced.who}.iamRoleStatements in serverless.yml`;
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
