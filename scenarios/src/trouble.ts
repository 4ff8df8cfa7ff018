import { readableLogLine } from "rolecall/run";

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
