import { GetObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import {
  GetTranscriptionJobCommand,
  TranscribeClient,
  type TranscriptionJob,
} from "@aws-sdk/client-transcribe";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import {
  audioKey,
  findStoredAudio,
  httpHandler,
  jobName,
  json,
  mediaTypeOf,
  Problem,
  type RecordingId,
  requiredVariable,
  transcriptKey,
} from "@voice-notes/core";
import { isMissingJob } from "./missing-job.ts";
import { parsePathId } from "./parse.ts";
import { parseTranscript, type Transcript } from "./transcript.ts";

const s3 = new S3Client();
const transcribe = new TranscribeClient();
const bucket = requiredVariable("RECORDINGS_BUCKET");
const jobNamePrefix = requiredVariable("JOB_NAME_PREFIX");

/** Seconds, at most: a link is signed with the role's session and ends with it. */
const linkLifetime = 15 * 60;

const statuses = {
  QUEUED: "queued",
  IN_PROGRESS: "transcribing",
  COMPLETED: "completed",
  FAILED: "failed",
} as const;

/** GET /recordings/{id}: how far it is, its transcript once there is one, and a link to the audio. */
export const handler = httpHandler(async (event) => {
  const recording = parsePathId(event);
  const [audio, job] = await Promise.all([findStoredAudio(s3, bucket, recording), findJob(recording)]);
  if (!audio) throw notFound();
  const status = job?.TranscriptionJobStatus ? statuses[job.TranscriptionJobStatus] : "uploaded";
  return json(200, {
    ...recording,
    language: job?.LanguageCode ?? recording.language,
    status,
    size: audio.Size,
    uploadedAt: audio.LastModified,
    audio: await linkTo(recording),
    ...(status === "completed" && { transcript: await readTranscript(recording) }),
    ...(status === "failed" && { failureReason: job?.FailureReason }),
    // A form can be posted twice: the job, and what it heard, are then of the first audio.
    ...(job && { audioIsNewer: Number(audio.LastModified) > Number(job.CreationTime) }),
  });
});

async function findJob(recording: RecordingId): Promise<TranscriptionJob | undefined> {
  const TranscriptionJobName = jobName(jobNamePrefix, recording);
  try {
    return (await transcribe.send(new GetTranscriptionJobCommand({ TranscriptionJobName }))).TranscriptionJob;
  } catch (error) {
    if (isMissingJob(error)) return undefined;
    throw error;
  }
}

async function readTranscript(recording: RecordingId): Promise<Transcript> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: transcriptKey(recording) }));
    if (!Body) throw new Error("S3 answered without a body.");
    return parseTranscript(await Body.transformToString());
  } catch (error) {
    // Deleted since it was found? Then nothing is broken, though S3 says "forbidden" of a transcript that is gone.
    const isRefused = error instanceof S3ServiceException && error.$fault === "client";
    if (isRefused && !(await findStoredAudio(s3, bucket, recording))) throw notFound();
    throw error;
  }
}

/** Whatever the audio was uploaded as, the link answers it as audio, to be saved: never as a page of the bucket's origin. */
async function linkTo(recording: RecordingId) {
  const expiresAt = new Date(Date.now() + linkLifetime * 1000);
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: audioKey(recording),
    ResponseContentType: mediaTypeOf(recording.format),
    ResponseContentDisposition: `attachment; filename="${recording.id}"`,
  });
  return { href: await getSignedUrl(s3, command, { expiresIn: linkLifetime }), expiresAt };
}

function notFound(): Problem {
  return new Problem(
    404,
    "Not found",
    "There is no such recording, or its upload form has not been posted yet.",
  );
}
