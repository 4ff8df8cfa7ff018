import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ApiError, recordingsBucket } from "@voice-notes/scenarios";
import { newRecordingId } from "../../../../packages/core/src/recording-id.ts";
import { inParallel } from "./in-parallel.ts";
import { place, type RecordedRun } from "./recorded-run.ts";
import { silentWav } from "./silence.ts";

/** How often an upload is tried, whose failures are the other side's. */
const attempts = 20;

const uploadsAtOnce = 16;

/** Bytes: half a second, the shortest that Transcribe takes. */
const audio = silentWav(0.5);

/** Of ten uploads: one by the API, one by a form, and eight straight to S3, as receiveAudio's role. */
const formEvery = 10;
const apiEvery = 10;

export interface UploadOptions {
  readonly count: number;
  /** Told the recording's id after each. */
  readonly onUploaded?: (id: string) => void;
}

/**
 * Uploads silent recordings, as fast as they are taken.
 *
 * @returns the ids of all that were acknowledged: all, or it throws.
 */
export async function uploadAll(
  { aws, api }: RecordedRun,
  { count, onUploaded = () => {} }: UploadOptions,
): Promise<string[]> {
  const { receiveAudio } = aws.principals;
  if (!receiveAudio) throw new Error("serverless.yml has no receiveAudio.");
  const s3 = new S3Client({
    endpoint: aws.endpoint,
    region: place.region,
    forcePathStyle: true,
    credentials: receiveAudio,
  });

  async function byApi(): Promise<string> {
    return (await api.receiveAudio({ audio, mediaType: "audio/wav" })).id;
  }

  async function byForm(): Promise<string> {
    const { id, form } = await api.issueUploadForm("audio/wav");
    await persistently(() => api.postForm(form, audio));
    return id;
  }

  async function straight(): Promise<string> {
    const { id } = newRecordingId("en-US", "wav");
    await persistently(() =>
      s3.send(new PutObjectCommand({ Bucket: recordingsBucket(aws), Key: `audio/${id}`, Body: audio })),
    );
    return id;
  }

  try {
    return await inParallel(Array.from({ length: count }).keys(), uploadsAtOnce, async (index) => {
      const way = index % apiEvery === 0 ? byApi : index % formEvery === 5 ? byForm : straight;
      const id = await persistently(way);
      onUploaded(id);
      return id;
    });
  } finally {
    s3.destroy();
  }
}

/** Does as a client should: whatever fails on the other side is tried again. */
export async function persistently<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (attempt === attempts || statusOf(error) < 500) throw error;
    }
  }
}

/** Of the answer; 0 where there was none. */
function statusOf(error: unknown): number {
  if (error instanceof ApiError) return error.status;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode ?? 0;
}
