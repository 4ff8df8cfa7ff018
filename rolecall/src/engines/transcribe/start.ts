import type { Gate, Log, ObjectStore, Principal } from "../../gate/types.ts";
import { jobArn, mayAsCaller, type ObjectLocation, type Place, requireAllowed } from "./access.ts";
import {
  badRequest,
  cannotReadMedia,
  cannotWriteOutput,
  notImplemented,
  refuseUnmodelled,
} from "./errors.ts";
import { type StartRequest, startRequest } from "./model.ts";
import { type Draft, deserialise, validate } from "./shapes.ts";

interface Surroundings {
  readonly gate: Gate;
  readonly objects: ObjectStore;
  readonly place: Place;
  readonly log: Log;
}

/** A start request that is allowed, valid and understood whole, with where it reads and writes. */
export interface JobOrder {
  readonly request: StartRequest;
  readonly media: ObjectLocation;
  readonly output: ObjectLocation;
}

/**
 * Reads a StartTranscriptionJob request: first whether the caller may ask at all, then whether the request holds
 * together, then whether the local run does all that it asks for.
 * https://docs.aws.amazon.com/transcribe/latest/APIReference/API_StartTranscriptionJob.html
 *
 * @throws {ServiceError} AccessDeniedException, BadRequestException, NotImplemented, SerializationException
 */
export function readStartRequest(
  principal: Principal,
  body: Buffer,
  { gate, place }: Surroundings,
): JobOrder {
  const { draft, unmodelled } = deserialise(startRequest, body);
  requireMayStart(principal, draft, gate, place);
  const request = validate(startRequest, draft);
  requireOneLanguage(request);
  refuseUnmodelled("StartTranscriptionJob", unmodelled);
  return { request, media: mediaLocation(request), output: outputLocation(request) };
}

/**
 * Checks, as the caller, that the media can be read and the transcript written. Like AWS it tries the writing
 * with an empty object beside the transcript, and leaves that object there.
 *
 * @throws {ServiceError} BadRequestException: AWS calls neither of the two AccessDenied
 */
export async function requireReachable(
  principal: Principal,
  { media, output }: JobOrder,
  { gate, objects, place, log }: Surroundings,
): Promise<void> {
  const may = (action: "s3:GetObject" | "s3:PutObject", object: ObjectLocation) =>
    mayAsCaller({ gate, place }, principal, action, object);
  if (!may("s3:GetObject", media) || !(await objects.head(media.bucket, media.key))) {
    throw badRequest(cannotReadMedia);
  }
  const folder = output.key.slice(0, output.key.lastIndexOf("/") + 1);
  const check = { bucket: output.bucket, key: `${folder}.write_access_check_file.temp` };
  if (!may("s3:PutObject", check) || !may("s3:PutObject", output)) throw badRequest(cannotWriteOutput);
  try {
    await objects.put(check.bucket, check.key, Buffer.alloc(0));
  } catch (error) {
    log(`transcribe: cannot write to s3://${check.bucket}/${check.key}: ${String(error)}`);
    throw badRequest(cannotWriteOutput);
  }
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazontranscribe.html */
function requireMayStart(principal: Principal, draft: Draft<StartRequest>, gate: Gate, place: Place): void {
  const { OutputBucketName, OutputKey, OutputEncryptionKMSKeyId, Tags } = draft;
  const tags = tagContext(Tags);
  const context = {
    ...(OutputBucketName !== undefined && { "transcribe:OutputBucketName": OutputBucketName }),
    ...(OutputKey !== undefined && { "transcribe:OutputKey": OutputKey }),
    ...(typeof OutputEncryptionKMSKeyId === "string" && {
      "transcribe:OutputEncryptionKMSKeyId": OutputEncryptionKMSKeyId,
    }),
    ...tags,
  };
  const job = jobArn(place, draft.TranscriptionJobName ?? "");
  requireAllowed(
    gate,
    principal,
    { action: "transcribe:StartTranscriptionJob", resource: "*", context },
    job,
  );
  if (Tags?.length) {
    requireAllowed(gate, principal, { action: "transcribe:TagResource", resource: job, context: tags });
  }
}

function tagContext(tags: Draft<StartRequest["Tags"]>): Record<string, string | readonly string[]> {
  if (!tags?.length) return {};
  const pairs = tags.map(({ Key = "", Value = "" }) => [`aws:RequestTag/${Key}`, Value]);
  return { ...Object.fromEntries(pairs), "aws:TagKeys": tags.map(({ Key = "" }) => Key) };
}

/** Of these refusals AWS's words are known for the first alone. */
function requireOneLanguage(request: StartRequest): void {
  const { LanguageCode, IdentifyLanguage, IdentifyMultipleLanguages, LanguageOptions } = request;
  const ways = [LanguageCode !== undefined, IdentifyLanguage, IdentifyMultipleLanguages].filter(Boolean);
  if (ways.length === 0) {
    throw badRequest(
      "The language code is missing. Either add a language code or turn on language identification.",
    );
  }
  if (ways.length > 1) {
    throw badRequest(
      "Give exactly one of LanguageCode, IdentifyLanguage and IdentifyMultipleLanguages in your request.",
    );
  }
  if (IdentifyMultipleLanguages) {
    refuseUnmodelled("StartTranscriptionJob", ["IdentifyMultipleLanguages"]);
  }
  if (LanguageOptions && !IdentifyLanguage) {
    throw badRequest("LanguageOptions needs IdentifyLanguage in your request.");
  }
}

function mediaLocation({ Media }: StartRequest): ObjectLocation {
  const uri = Media.MediaFileUri;
  if (uri === undefined) throw badRequest("Media.MediaFileUri is missing from your request.");
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  if (uri.startsWith("s3://")) throw badRequest(cannotReadMedia);
  throw notImplemented(
    "The local run takes Media.MediaFileUri in the form s3://BUCKET/KEY alone. Write the URI so.",
  );
}

function outputLocation({ TranscriptionJobName, OutputBucketName, OutputKey }: StartRequest): ObjectLocation {
  if (OutputBucketName === undefined) {
    if (OutputKey !== undefined) throw badRequest("OutputKey needs OutputBucketName in your request.");
    throw notImplemented(
      "The local run has no bucket of Transcribe's own to leave a transcript in. Set OutputBucketName.",
    );
  }
  return { bucket: OutputBucketName, key: outputKey(TranscriptionJobName, OutputKey) };
}

/** A key that ends in .json is the transcript's own; any other names a folder. */
function outputKey(jobName: string, key: string | undefined): string {
  if (key === undefined) return `${jobName}.json`;
  if (key.endsWith(".json")) return key;
  return `${key.replace(/\/$/, "")}/${jobName}.json`;
}
