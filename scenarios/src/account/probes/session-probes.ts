import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import {
  ListTranscriptionJobsCommand,
  StartTranscriptionJobCommand,
  type StartTranscriptionJobCommandInput,
} from "@aws-sdk/client-transcribe";
import type { Clients } from "../../index.ts";
import { isDenied } from "../account/failures.ts";
import { errorText, observation, type Probe, type ProbeContext } from "./probe.ts";

/** What takes somebody with exactly some rights and no others: a session, by its own policy. */
export const sessionProbes: readonly Probe[] = [
  {
    id: "output-key-is-compared-raw",
    question:
      "Does transcribe:OutputKey hold the text of the request, before Transcribe makes a key of a folder?",
    assumed: "as the request has it",
    needs: "session",
    async ask(context) {
      const session = await open(context, "output-key", {
        Effect: "Allow",
        Action: "transcribe:StartTranscriptionJob",
        Resource: "*",
        Condition: { StringEquals: { "transcribe:OutputKey": "transcripts/" } },
      });
      const answer = await startWithoutMedia(context, session, { OutputKey: "transcripts/" });
      return isDenied(answer)
        ? observation(`otherwise: ${errorText(answer)}`, false)
        : observation(`as the request has it (then ${errorText(answer)})`, true);
    },
  },
  {
    id: "start-by-arn",
    question: "Can StartTranscriptionJob be allowed on a job's ARN?",
    assumed: "no: on * alone",
    needs: "session",
    async ask(context) {
      const { partition, id, region } = context.account;
      const session = await open(context, "start-by-arn", {
        Effect: "Allow",
        Action: "transcribe:StartTranscriptionJob",
        Resource: `arn:${partition}:transcribe:${region}:${id}:transcription-job/${context.plan.jobNamePrefix}*`,
      });
      const answer = await startWithoutMedia(context, session, {});
      return observation(`${isDenied(answer) ? "no" : "yes"}: ${errorText(answer)}`, isDenied(answer));
    },
  },
  {
    id: "absent-media",
    question: "What does Transcribe say of media that is not there, to a caller who may not list the bucket?",
    assumed: "400 BadRequestException, the text of media that may not be read",
    needs: "session",
    async ask(context) {
      const session = await open(
        context,
        "absent-media",
        { Effect: "Allow", Action: "transcribe:StartTranscriptionJob", Resource: "*" },
        { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: objects(context, "*") },
      );
      const observed = errorText(await startWithoutMedia(context, session, {}));
      return observation(observed, /^400 BadRequestException: The S3 URI .*can't be accessed/.test(observed));
    },
  },
  {
    id: "transcribe-denial",
    question: "How does Transcribe refuse a call: status, header, text?",
    assumed: "400 AccessDeniedException, with or without the header x-amzn-errortype",
    needs: "session",
    async ask(context) {
      const session = await open(context, "denial", {
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: objects(context, "audio/*"),
      });
      const error = await refusalOf(
        session.transcribe.send(new ListTranscriptionJobsCommand({ MaxResults: 1 })),
      );
      const { $response } = error as { $response?: { headers?: Readonly<Record<string, string>> } };
      const header = $response?.headers?.["x-amzn-errortype"];
      const observed = `${errorText(error)} (x-amzn-errortype: ${header ?? "absent"})`;
      return observation(observed, /^400 AccessDeniedException/.test(observed));
    },
  },
  {
    id: "if-none-match",
    question:
      "Is s3:PutObject enough to write under the condition If-None-Match: *, and what is said the second time?",
    assumed: "enough, then 412 PreconditionFailed",
    needs: "session",
    jobs: 1,
    async ask(context) {
      const { session, target } = await openForPut(context, "if-none-match");
      const put = () => session.s3.send(new PutObjectCommand({ ...target, Body: "RIFF", IfNoneMatch: "*" }));
      try {
        await put();
      } catch (error) {
        return observation(`not enough: ${errorText(error)}`, false);
      }
      const observed = `enough, then ${errorText(await refusalOf(put()))}`;
      return observation(observed, observed.startsWith(this.assumed));
    },
  },
  {
    id: "multipart-is-put-object",
    question: "Is s3:PutObject enough to begin, fill and complete a multipart upload?",
    assumed: "enough",
    needs: "session",
    jobs: 1,
    async ask(context) {
      const { session, target } = await openForPut(context, "multipart");
      try {
        const { UploadId } = await session.s3.send(new CreateMultipartUploadCommand(target));
        const { ETag } = await session.s3.send(
          new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: "RIFF" }),
        );
        await session.s3.send(
          new CompleteMultipartUploadCommand({
            ...target,
            UploadId,
            MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
          }),
        );
        return observation("enough", true);
      } catch (error) {
        // What was begun ends by the bucket's own rule, within a day.
        return observation(`not enough: ${errorText(error)}`, false);
      }
    },
  },
];

async function open({ sessions }: ProbeContext, name: string, ...statements: object[]): Promise<Clients> {
  if (!sessions) throw new Error("There is no role to assume.");
  return sessions.allowing(name, ...statements);
}

const objects = ({ account: { partition }, plan }: ProbeContext, keys: string): string =>
  `arn:${partition}:s3:::${plan.recordingsBucket}/${keys}`;

/** A key that the API gave out and nobody used, so that it is the clean-up's business. */
async function openForPut(context: ProbeContext, name: string) {
  const session = await open(context, name, {
    Effect: "Allow",
    Action: "s3:PutObject",
    Resource: objects(context, "audio/*"),
  });
  const { id } = await context.stage.api.issueUploadForm("audio/wav");
  return { session, target: { Bucket: context.plan.recordingsBucket, Key: `audio/${id}` } };
}

/** IAM is asked before Transcribe looks for the media, so that no job begins and nothing is charged. */
function startWithoutMedia(
  { plan }: ProbeContext,
  { transcribe, bucket }: Clients,
  output: Partial<StartTranscriptionJobCommandInput>,
): Promise<unknown> {
  return refusalOf(
    transcribe.send(
      new StartTranscriptionJobCommand({
        TranscriptionJobName: `${plan.jobNamePrefix}probe-${crypto.randomUUID()}`,
        Media: { MediaFileUri: `s3://${bucket}/audio/absent.wav` },
        LanguageCode: "en-US",
        OutputBucketName: bucket,
        OutputKey: "transcripts/absent.json",
        ...output,
      }),
    ),
  );
}

/** @throws Error when it is served. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => {
      throw new Error("It was served, and should not have been.");
    },
    (error: unknown) => error,
  );
}
