import {
  alarmMetrics,
  emptyReceivesPerMonth,
  invocations,
  keepDays,
  logBytes,
  messageRequests,
  metrics,
  prices,
  queue,
  quotas,
  type Tier,
  usage,
} from "./inputs.ts";

/** Bytes that an HTTP API counts as one request. */
const requestIncrement = 512 * 1024;

const secondsPerMonth = 30 * 86_400;

/** @param units of a month. @returns US dollars. */
export function priceOf(units: number, tiers: readonly Tier[]): number {
  let usd = 0;
  let from = 0;
  for (const { upTo, usd: each } of tiers) {
    usd += Math.max(0, Math.min(units, upTo) - from) * each;
    from = upTo;
  }
  return usd;
}

/** US dollars a month, by service. */
export interface Costs {
  readonly transcribe: number;
  readonly lambda: number;
  readonly api: number;
  readonly s3: number;
  readonly transfer: number;
  readonly sqs: number;
  readonly cloudWatch: number;
}

export function monthlyCosts(recordings: number): Costs {
  const { minutes, audioBytes, transcriptBytes, reads, listens } = usage;
  const each = (perRecording: number, { value }: { readonly value: readonly Tier[] }) =>
    priceOf(recordings * perRecording, value);
  const gigabytes = (bytes: number) => bytes / 1e9;
  // One receives, one starts, one reports; the others read.
  const { receiveAudio, startTranscription, reportOutcome, readRecording } = invocations;
  const gigabyteSeconds =
    [receiveAudio, startTranscription, reportOutcome].reduce(
      (sum, { seconds, gigabytes: size }) => sum + seconds * size,
      0,
    ) +
    reads * readRecording.seconds * readRecording.gigabytes;
  const invoked = 3 + reads;
  return {
    transcribe: each(minutes, prices.transcribeMinute),
    lambda: each(invoked, prices.lambdaRequest) + each(gigabyteSeconds, prices.lambdaGigabyteSecond),
    api: each(Math.ceil(audioBytes / requestIncrement) + reads, prices.apiRequest),
    // Written: the audio, the transcript, Transcribe's check. A read lists the one key, and the last gets the transcript.
    s3:
      each(3 + reads, prices.s3Write) +
      each(2 + listens, prices.s3Read) +
      each((gigabytes(audioBytes + transcriptBytes) * keepDays) / 30, prices.s3GigabyteMonth),
    transfer: each(gigabytes(listens * audioBytes + transcriptBytes), prices.transferGigabyte),
    sqs: priceOf(recordings * messageRequests + emptyReceivesPerMonth, prices.sqsRequest.value),
    cloudWatch:
      each(gigabytes(invoked * logBytes), prices.logGigabyte) +
      priceOf(metrics, prices.metric.value) +
      priceOf(alarmMetrics, prices.alarmMetric.value),
  };
}

export const totalOf = (costs: Costs): number => Object.values(costs).reduce((sum, usd) => sum + usd, 0);

export type QuotaName = keyof typeof quotas;

/** What the busiest hour asks of each quota, in the quota's unit. */
export function neededAtPeak(recordings: number): Readonly<Record<QuotaName, number>> {
  const perSecond = (recordings / secondsPerMonth) * usage.peakToAverage;
  const { receiveAudio, startTranscription, reportOutcome, readRecording } = invocations;
  const { reads, jobSeconds } = usage;
  return {
    starts: perSecond,
    gets: perSecond * reads,
    jobs: perSecond * jobSeconds,
    concurrency:
      perSecond *
      (receiveAudio.seconds +
        startTranscription.seconds +
        reportOutcome.seconds +
        reads * readRecording.seconds),
    requests: perSecond * (1 + reads),
    pace: perSecond,
  };
}

/** Recordings a month from which a quota is too small in the busiest hour. */
export const bindsFrom = (quota: QuotaName): number => quotas[quota].value / neededAtPeak(1)[quota];

/** The quotas, the one that binds first before the others. */
export const quotasInOrder = (): QuotaName[] =>
  (Object.keys(quotas) as QuotaName[]).toSorted((one, other) => bindsFrom(one) - bindsFrom(other));

/** How long a burst takes that comes at once. Seconds. */
export interface Drain {
  readonly byStarts: number;
  readonly byJobs: number;
  readonly byPace: number;
  /** The longest of them. */
  readonly seconds: number;
  /** Whether the last messages are given up before their turn. */
  readonly outlastsQueue: boolean;
}

export const longestWait = queue.maxReceiveCount * queue.visibilityTimeoutSeconds;

export function drain(recordings: number): Drain {
  const byStarts = recordings / quotas.starts.value;
  const byJobs = (recordings * usage.jobSeconds) / quotas.jobs.value;
  const byPace = recordings / quotas.pace.value;
  const seconds = Math.max(byStarts, byJobs, byPace);
  return { byStarts, byJobs, byPace, seconds, outlastsQueue: seconds > longestWait };
}
