/** What one account may ask of Transcribe; what is left out is unlimited. */
export interface TranscribeLimits {
  readonly startsPerSecond?: number;
  readonly getsPerSecond?: number;
  readonly deletesPerSecond?: number;
  readonly listsPerSecond?: number;
  /** Jobs that are QUEUED or IN_PROGRESS. */
  readonly concurrentJobs?: number;
}

/** What AWS starts with. https://docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html */
export const awsLimits: Required<TranscribeLimits> = {
  startsPerSecond: 25,
  getsPerSecond: 30,
  deletesPerSecond: 5,
  listsPerSecond: 5,
  concurrentJobs: 250,
};
