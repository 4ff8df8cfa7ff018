import { setTimeout as sleep } from "node:timers/promises";
import { DeleteTranscriptionJobCommand } from "@aws-sdk/client-transcribe";
import type { Account } from "../account/account.ts";
import { inWords, isMissing } from "../account/failures.ts";
import { type JobSummary, listJobs } from "../stage/jobs.ts";
import type { Plan } from "../stage/plan.ts";
import {
  type Content,
  countContent,
  deleteContent,
  type Failure,
  isEmpty,
  type OwnBucket,
} from "./bucket.ts";

/** What a stage holds that its stack does not: deleting the stack would fail, or leave it behind. */
export interface Inventory {
  readonly bucket: string;
  /** Undefined when there is no such bucket. */
  readonly content: Content | undefined;
  readonly jobs: readonly JobSummary[];
}

export async function takeInventory(account: Account, plan: Plan): Promise<Inventory> {
  const [content, jobs] = await Promise.all([
    countContent(account.clients.s3, bucketOf(account, plan)),
    listJobs(account.clients.transcribe, plan.jobNamePrefix),
  ]);
  return { bucket: plan.recordingsBucket, content, jobs };
}

export const isNothing = ({ content, jobs }: Inventory): boolean =>
  jobs.length === 0 && (content === undefined || isEmpty(content));

export interface EmptyOptions {
  readonly onProgress?: (what: string) => void;
  /** Milliseconds between two looks at jobs that still run, and how long to wait for them at most. */
  readonly waiting?: { readonly interval: number; readonly patience: number };
}

export interface Emptied {
  readonly failures: readonly Failure[];
  /** What is there afterwards. */
  readonly remaining: Inventory;
}

/** A message that waits in the queue may start a job while its audio is deleted, so once is not always enough. */
const rounds = 3;

/**
 * Deletes the stage's transcription jobs, then everything in its bucket, and looks once more. Jobs first, because one
 * that runs cannot be deleted and would write its transcript into the emptied bucket: it waits for those.
 *
 * @throws Error of AWS's when it may not even look.
 */
export async function emptyStage(
  account: Account,
  plan: Plan,
  { onProgress = () => {}, waiting = { interval: 5_000, patience: 600_000 } }: EmptyOptions = {},
): Promise<Emptied> {
  const bucket = bucketOf(account, plan);
  for (let round = 1; ; round += 1) {
    await waitForJobs(account, plan, waiting, onProgress);
    const failures = await deleteJobs(account, plan, onProgress);
    try {
      failures.push(
        ...(await deleteContent(account.clients.s3, bucket, (count) =>
          onProgress(`deleted ${count} objects`),
        )),
      );
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    const remaining = await takeInventory(account, plan);
    if (isNothing(remaining) || failures.length > 0 || round === rounds) return { failures, remaining };
  }
}

async function waitForJobs(
  { clients: { transcribe } }: Account,
  { jobNamePrefix }: Plan,
  { interval, patience }: NonNullable<EmptyOptions["waiting"]>,
  onProgress: (what: string) => void,
): Promise<void> {
  const end = performance.now() + patience;
  for (;;) {
    const running = (await listJobs(transcribe, jobNamePrefix)).filter(({ isRunning }) => isRunning);
    if (running.length === 0 || performance.now() > end) return;
    onProgress(`waiting for ${running.length} transcription jobs to end`);
    await sleep(interval);
  }
}

async function deleteJobs(
  { clients: { transcribe } }: Account,
  { jobNamePrefix }: Plan,
  onProgress: (what: string) => void,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  let deleted = 0;
  for (const { name } of await listJobs(transcribe, jobNamePrefix)) {
    try {
      await transcribe.send(new DeleteTranscriptionJobCommand({ TranscriptionJobName: name }));
      onProgress(`deleted ${++deleted} transcription jobs`);
    } catch (error) {
      if (!isMissing(error)) failures.push({ what: `the job ${name}`, why: inWords(error) });
    }
  }
  return failures;
}

function bucketOf({ id }: Account, { recordingsBucket }: Plan): OwnBucket {
  return { Bucket: recordingsBucket, ExpectedBucketOwner: id };
}
