import type { Gate, Log, ObjectContent, ObjectStore } from "../../gate/types.ts";
import type { Recording } from "../speech/media.ts";
import {
  detectFormat,
  isSameFormat,
  type MediaFormat,
  readBeginning,
  readWavHeader,
  type WavHeader,
} from "../speech/media.ts";
import { CannotHear, type Heard, type Recogniser } from "../speech/recogniser.ts";
import { mayAsCaller, type Place } from "./access.ts";
import { transcriptDocument } from "./document.ts";
import { cannotReadMedia, cannotWriteOutput } from "./errors.ts";
import type { Job, Outcome } from "./job.ts";

export interface Surroundings {
  readonly gate: Gate;
  readonly objects: ObjectStore;
  readonly recogniser: Recogniser;
  readonly place: Place;
  readonly log: Log;
  /** Aborted when the service closes: what is under way then writes nothing more. */
  readonly signal: AbortSignal;
}

/** https://docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html; bytes and seconds */
const largestFile = 2 * 1024 ** 3;
const longestAudio = 4 * 60 * 60;
const shortestAudio = 0.5;
const mostChannels = 2;

/**
 * Reads the media, hears it and writes the transcript, asking again for each what the caller may do.
 * Whatever goes wrong is an outcome; only an abort is thrown.
 */
export async function processJob(job: Job, surroundings: Surroundings): Promise<Outcome> {
  const { log, recogniser, signal } = surroundings;
  try {
    using media = await openMedia(job, surroundings);
    const { format, wav } = await inspect(media, job);
    const heard = await hear(job, media, format, surroundings);
    signal.throwIfAborted();
    await writeTranscript(job, heard, surroundings);
    return { status: "COMPLETED", heard, format, sampleRate: wav?.sampleRate };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof JobFailure || error instanceof CannotHear) return failed(error.message);
    log(`transcribe: ${job.name}: ${error instanceof Error ? error.stack : String(error)}`);
    const message = error instanceof Error ? error.message : String(error);
    return failed(`The local run failed in its recogniser (${recogniser.name}) or its storage: ${message}`);
  }
}

/** The message becomes the job's `FailureReason`. */
class JobFailure extends Error {}

function failed(failureReason: string): Outcome {
  return { status: "FAILED", failureReason };
}

async function openMedia(job: Job, { gate, objects, place }: Surroundings): Promise<ObjectContent> {
  const { media } = job;
  if (!mayAsCaller({ gate, place }, job.caller, "s3:GetObject", media)) throw new JobFailure(cannotReadMedia);
  const stored = await objects.open(media.bucket, media.key);
  if (!stored) throw new JobFailure(cannotReadMedia);
  return stored;
}

async function inspect(media: ObjectContent, { request }: Job) {
  if (media.size > largestFile) throw new JobFailure("Invalid file size: file size too large.");
  const beginning = await readBeginning(media);
  const format = detectFormat(beginning);
  if (!format) {
    throw new JobFailure(request.MediaFormat ? formatMismatch : "Unsupported media format.");
  }
  if (request.MediaFormat && !isSameFormat(format, request.MediaFormat)) throw new JobFailure(formatMismatch);
  const wav = format === "wav" ? readWavHeader(beginning, media.size) : undefined;
  if (wav) refuseUnfitWav(wav, request.MediaSampleRateHertz);
  return { format, wav };
}

const formatMismatch = "The media format provided does not match the detected media format.";

/** Only a WAV file's length and sample rate are known here; those of other formats pass unchecked. */
function refuseUnfitWav(
  { channels, sampleRate, duration }: WavHeader,
  claimedRate: number | undefined,
): void {
  if (channels > mostChannels) {
    throw new JobFailure("Invalid number of channels: number of channels too large.");
  }
  if (sampleRate < 8000 || sampleRate > 48000) throw new JobFailure("Invalid sample rate for audio file.");
  if (claimedRate !== undefined && claimedRate !== sampleRate) {
    throw new JobFailure("The sample rate provided does not match the detected sample rate.");
  }
  if (duration < shortestAudio) {
    throw new JobFailure(
      "The input media file length is too small. Minimum audio duration is 0.500000 seconds. " +
        "Check the length of the file and try your request again.",
    );
  }
  if (duration > longestAudio) {
    throw new JobFailure(
      "Invalid file size: file size too large. Maximum audio duration is 4.000000 hours. " +
        "Check the length of the file and try your request again.",
    );
  }
}

async function hear(
  { request }: Job,
  recording: Recording,
  format: MediaFormat,
  { recogniser, signal }: Surroundings,
): Promise<Heard> {
  const heard = await recogniser.recognise(recording, { format, language: request.LanguageCode, signal });
  const { LanguageOptions: options } = request;
  if (options && !options.includes(heard.language)) {
    throw new CannotHear(
      `The language is ${heard.language}, which is none of the LanguageOptions (${options.join(", ")}).`,
    );
  }
  return heard;
}

async function writeTranscript(
  job: Job,
  heard: Heard,
  { gate, objects, place }: Surroundings,
): Promise<void> {
  const { bucket, key } = job.output;
  if (!mayAsCaller({ gate, place }, job.caller, "s3:PutObject", job.output)) {
    throw new JobFailure(cannotWriteOutput);
  }
  const document = transcriptDocument(
    {
      name: job.name,
      accountId: place.accountId,
      identifyLanguage: job.request.IdentifyLanguage === true,
    },
    heard,
  );
  await objects.put(bucket, key, Buffer.from(JSON.stringify(document)), "application/json");
}
