/**
 * What Transcribe charges, taken from its price page for us-east-1, first tier: other regions differ by a little. A job
 * costs at least fifteen seconds. Assumed, not measured: https://aws.amazon.com/transcribe/pricing/
 */
export const price = { dollarsPerSecond: 0.024 / 60, secondsAtLeast: 15 } as const;

/** Transcription jobs that a smoke test starts; none is of more than fifteen seconds. A test counts them. */
export const startedJobs = 11;

/** The most that it can cost, in cents, whether or not Transcribe charges for jobs that fail. */
export function centsAtMost(jobs: number): number {
  return jobs * price.secondsAtLeast * price.dollarsPerSecond * 100;
}
