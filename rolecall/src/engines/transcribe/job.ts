import type { Principal } from "../../gate/types.ts";
import type { MediaFormat } from "../speech/media.ts";
import type { Heard } from "../speech/recogniser.ts";
import type { ObjectLocation, Place } from "./access.ts";
import type { StartRequest } from "./model.ts";

export interface Job {
  readonly name: string;
  /** Who started the job: Transcribe reads and writes with this principal's permissions. */
  readonly caller: Principal;
  readonly request: StartRequest;
  readonly media: ObjectLocation;
  readonly output: ObjectLocation;
  readonly creationTime: Date;
  /** Position among all jobs ever started, from 1: the order of lists. */
  readonly sequence: number;
  state: JobState;
}

export type JobState =
  | { readonly status: "QUEUED" }
  | { readonly status: "IN_PROGRESS"; readonly startTime: Date }
  | ({ readonly startTime: Date; readonly completionTime: Date } & Outcome);

export type Outcome =
  | {
      readonly status: "COMPLETED";
      readonly heard: Heard;
      readonly format: MediaFormat;
      /** Hertz; undefined for a format whose header is not read here. */
      readonly sampleRate: number | undefined;
    }
  | { readonly status: "FAILED"; readonly failureReason: string };

export function isRunning({ state }: Job): boolean {
  return state.status === "QUEUED" || state.status === "IN_PROGRESS";
}

/**
 * The answer to StartTranscriptionJob: IN_PROGRESS, whatever the job then waits for, with neither settings nor
 * a place for the transcript, as AWS answers it.
 */
export function startedJob(job: Job): object {
  return {
    ...requested(job),
    TranscriptionJobStatus: "IN_PROGRESS",
    StartTime: epochSeconds(job.creationTime),
  };
}

/** The answer to GetTranscriptionJob. */
export function describedJob(job: Job, place: Place): object {
  const { state } = job;
  return {
    ...requested(job),
    TranscriptionJobStatus: state.status,
    ...times(state),
    ...identified(job),
    ...(state.status === "COMPLETED" && {
      MediaFormat: state.format,
      ...(state.sampleRate !== undefined && { MediaSampleRateHertz: state.sampleRate }),
    }),
    ...(state.status === "FAILED" && { FailureReason: state.failureReason }),
    Settings: { ChannelIdentification: false, ShowAlternatives: false },
    Transcript: state.status === "COMPLETED" ? { TranscriptFileUri: objectUrl(job.output, place) } : {},
  };
}

/** One line of the answer to ListTranscriptionJobs. */
export function summarisedJob(job: Job): object {
  const { request, state } = job;
  return {
    TranscriptionJobName: job.name,
    CreationTime: epochSeconds(job.creationTime),
    ...times(state),
    ...given({ LanguageCode: request.LanguageCode, IdentifyLanguage: request.IdentifyLanguage }),
    ...identified(job),
    TranscriptionJobStatus: state.status,
    ...(state.status === "FAILED" && { FailureReason: state.failureReason }),
    OutputLocationType: "CUSTOMER_BUCKET",
  };
}

function requested({ name, creationTime, request }: Job): object {
  const { LanguageCode, MediaSampleRateHertz, MediaFormat, Media, IdentifyLanguage, LanguageOptions, Tags } =
    request;
  return {
    TranscriptionJobName: name,
    Media,
    CreationTime: epochSeconds(creationTime),
    ...given({ LanguageCode, MediaSampleRateHertz, MediaFormat, IdentifyLanguage, LanguageOptions, Tags }),
  };
}

function times(state: JobState): object {
  return {
    ...("startTime" in state && { StartTime: epochSeconds(state.startTime) }),
    ...("completionTime" in state && { CompletionTime: epochSeconds(state.completionTime) }),
  };
}

/** https://docs.aws.amazon.com/transcribe/latest/dg/lang-id-batch.html */
function identified({ request, state }: Job): object {
  if (!request.IdentifyLanguage || state.status !== "COMPLETED") return {};
  const { language, languageScore } = state.heard;
  return { LanguageCode: language, ...given({ IdentifiedLanguageScore: languageScore }) };
}

function objectUrl({ bucket, key }: ObjectLocation, { partition, region }: Place): string {
  const suffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://s3.${region}.${suffix}/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
}

/** JSON 1.1 writes times as seconds since 1970. */
function epochSeconds(time: Date): number {
  return time.getTime() / 1000;
}

function given(fields: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
