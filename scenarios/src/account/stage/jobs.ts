import { paginateListTranscriptionJobs, type TranscribeClient } from "@aws-sdk/client-transcribe";

export interface JobSummary {
  readonly name: string;
  /** Whether it has not come to an end: such a job cannot be deleted, and writes its transcript later. */
  readonly isRunning: boolean;
}

/** The jobs of a stage: those whose names begin with its prefix, in the case that it is written in. */
export async function listJobs(transcribe: TranscribeClient, prefix: string): Promise<JobSummary[]> {
  const jobs: JobSummary[] = [];
  // AWS finds the text anywhere in a name, and in any case.
  const pages = paginateListTranscriptionJobs(
    { client: transcribe, pageSize: 100 },
    { JobNameContains: prefix },
  );
  for await (const { TranscriptionJobSummaries = [] } of pages) {
    for (const {
      TranscriptionJobName: name = "",
      TranscriptionJobStatus: status,
    } of TranscriptionJobSummaries) {
      if (name.startsWith(prefix))
        jobs.push({ name, isRunning: status !== "COMPLETED" && status !== "FAILED" });
    }
  }
  return jobs;
}
