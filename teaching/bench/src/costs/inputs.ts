/** A figure that somebody else sets, with the page to check it on. */
export interface Sourced<Value> {
  readonly what: string;
  readonly value: Value;
  readonly page: string;
}

/** Up to so many units at a price each; the last tier has no end. */
export interface Tier {
  readonly upTo: number;
  readonly usd: number;
}

/** How the service is used: assumptions, to be replaced with one's own. */
export interface Usage {
  /** Minutes of audio. */
  readonly minutes: number;
  /** Bytes of audio, uploaded through POST /recordings. */
  readonly audioBytes: number;
  /** Bytes of the transcript's document. */
  readonly transcriptBytes: number;
  /** How often its client asks for a recording until it is transcribed, and once more later. */
  readonly reads: number;
  /** How often its audio is listened to. */
  readonly listens: number;
  /** Seconds that Transcribe works on it. */
  readonly jobSeconds: number;
  /** The busiest hour over the average one. */
  readonly peakToAverage: number;
}

/** 64 kbit a second make three minutes 1.44 MB. */
export const usage: Usage = {
  minutes: 3,
  audioBytes: 1_440_000,
  transcriptBytes: 60_000,
  reads: 15,
  listens: 1,
  jobSeconds: 30,
  peakToAverage: 5,
};

/** Seconds of an invocation, and GB as serverless.yml sets them. */
export interface Invocation {
  readonly seconds: number;
  readonly gigabytes: number;
}

export const invocations = {
  receiveAudio: { seconds: 0.2, gigabytes: 0.5 },
  startTranscription: { seconds: 0.2, gigabytes: 0.25 },
  reportOutcome: { seconds: 0.02, gigabytes: 0.25 },
  readRecording: { seconds: 0.15, gigabytes: 0.25 },
} as const satisfies Record<string, Invocation>;

/** Bytes that an invocation logs. */
export const logBytes = 1000;

/** What each recording asks of SQS: sent, received, deleted. */
export const messageRequests = 3;

/** Five pollers, which ask an empty queue every 20 seconds. */
export const emptyReceivesPerMonth = (5 * 30 * 86_400) / 20;

/** Days that a recording is kept: serverless.yml, keepDays. */
export const keepDays = 30;

const forEver = Number.POSITIVE_INFINITY;

/** US dollars, us-east-1, on demand, without free tiers. */
export const prices = {
  transcribeMinute: {
    what: "Transcribe, batch, a minute",
    value: [
      { upTo: 250_000, usd: 0.024 },
      { upTo: 1_000_000, usd: 0.015 },
      { upTo: 5_000_000, usd: 0.0102 },
      { upTo: forEver, usd: 0.0078 },
    ],
    page: "https://aws.amazon.com/transcribe/pricing/",
  },
  apiRequest: {
    what: "HTTP API, a request of up to 512 KB",
    value: [
      { upTo: 300_000_000, usd: 1e-6 },
      { upTo: forEver, usd: 0.9e-6 },
    ],
    page: "https://aws.amazon.com/api-gateway/pricing/",
  },
  lambdaRequest: {
    what: "Lambda, an invocation",
    value: [{ upTo: forEver, usd: 0.2e-6 }],
    page: "https://aws.amazon.com/lambda/pricing/",
  },
  lambdaGigabyteSecond: {
    what: "Lambda, a GB-second on arm64",
    value: [{ upTo: forEver, usd: 0.0000133334 }],
    page: "https://aws.amazon.com/lambda/pricing/",
  },
  s3Write: {
    what: "S3, a PUT, POST or LIST",
    value: [{ upTo: forEver, usd: 5e-6 }],
    page: "https://aws.amazon.com/s3/pricing/",
  },
  s3Read: {
    what: "S3, a GET",
    value: [{ upTo: forEver, usd: 0.4e-6 }],
    page: "https://aws.amazon.com/s3/pricing/",
  },
  s3GigabyteMonth: {
    what: "S3, a GB for a month",
    value: [
      { upTo: 50_000, usd: 0.023 },
      { upTo: 500_000, usd: 0.022 },
      { upTo: forEver, usd: 0.021 },
    ],
    page: "https://aws.amazon.com/s3/pricing/",
  },
  transferGigabyte: {
    what: "data out to the Internet, a GB",
    value: [
      { upTo: 10_000, usd: 0.09 },
      { upTo: 50_000, usd: 0.085 },
      { upTo: 150_000, usd: 0.07 },
      { upTo: forEver, usd: 0.05 },
    ],
    page: "https://aws.amazon.com/ec2/pricing/on-demand/",
  },
  sqsRequest: {
    what: "SQS, a request",
    value: [{ upTo: forEver, usd: 0.4e-6 }],
    page: "https://aws.amazon.com/sqs/pricing/",
  },
  logGigabyte: {
    what: "CloudWatch Logs, a GB taken in",
    value: [{ upTo: forEver, usd: 0.5 }],
    page: "https://aws.amazon.com/cloudwatch/pricing/",
  },
  metric: {
    what: "CloudWatch, a metric of one's own for a month",
    value: [{ upTo: forEver, usd: 0.3 }],
    page: "https://aws.amazon.com/cloudwatch/pricing/",
  },
  alarmMetric: {
    what: "CloudWatch, a metric that an alarm watches, for a month",
    value: [{ upTo: forEver, usd: 0.1 }],
    page: "https://aws.amazon.com/cloudwatch/pricing/",
  },
} as const satisfies Record<string, Sourced<readonly Tier[]>>;

/** RecordingCannotStart, TranscriptionCompleted, TranscriptionFailed. */
export const metrics = 3;

/** Four alarms watch one each, that of the functions' errors seven (resources/alarms.yml). */
export const alarmMetrics = 11;

/** What an account starts with; all but what is measured can be raised on request. */
export const quotas = {
  starts: {
    what: "StartTranscriptionJob, a second",
    value: 25,
    page: "https://docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html",
  },
  gets: {
    what: "GetTranscriptionJob, a second",
    value: 30,
    page: "https://docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html",
  },
  jobs: {
    what: "transcription jobs at once",
    value: 250,
    page: "https://docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html",
  },
  concurrency: {
    what: "Lambda invocations at once (10 in a new account)",
    value: 1000,
    page: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html",
  },
  requests: {
    what: "HTTP API requests, a second",
    value: 10_000,
    page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
  },
  // Not of AWS: what the load on the local run showed at AWS's own clock, docs/performance.md; 15 to 19 in several runs.
  pace: {
    what: "starts a second that maximumConcurrency 2 comes to, at least (measured)",
    value: 15,
    page: "performance.md#load",
  },
} as const satisfies Record<string, Sourced<number>>;

/** A message waits as long as it may be received: maxReceiveCount times VisibilityTimeout, resources/uploads-queue.yml. */
export const queue = { maxReceiveCount: 1000, visibilityTimeoutSeconds: 600 };
