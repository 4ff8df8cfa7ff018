import { badRequest } from "./errors.ts";
import { type Job, summarisedJob } from "./job.ts";
import type { ListRequest } from "./model.ts";

/**
 * One page of the jobs that a ListTranscriptionJobs request asks for, the newest first.
 * https://docs.aws.amazon.com/transcribe/latest/APIReference/API_ListTranscriptionJobs.html
 *
 * @throws {ServiceError} BadRequestException for a token that no page gave out
 */
export function listJobs(
  jobs: Iterable<Job>,
  { Status, JobNameContains = "", MaxResults = 5, NextToken }: ListRequest,
): object {
  const before = NextToken === undefined ? Number.POSITIVE_INFINITY : readToken(NextToken);
  const found = [...jobs]
    .filter(({ sequence }) => sequence < before)
    .filter(({ state }) => Status === undefined || state.status === Status)
    .filter(({ name }) => name.toLowerCase().includes(JobNameContains.toLowerCase()))
    .sort((a, b) => b.sequence - a.sequence);
  const page = found.slice(0, MaxResults);
  const last = page.at(-1);
  return {
    ...(Status !== undefined && { Status }),
    ...(last && found.length > page.length && { NextToken: writeToken(last) }),
    TranscriptionJobSummaries: page.map(summarisedJob),
  };
}

/** A token names the last job that was seen, so that jobs which come and go between two pages shift nothing. */
function writeToken({ sequence }: Job): string {
  return Buffer.from(String(sequence)).toString("base64url");
}

function readToken(token: string): number {
  const sequence = Buffer.from(token, "base64url").toString();
  if (!/^[1-9][0-9]*$/.test(sequence)) throw badRequest("The NextToken in your request isn't valid.");
  return Number(sequence);
}
