import { setTimeout as sleep } from "node:timers/promises";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { paginateListServiceQuotas } from "@aws-sdk/client-service-quotas";
import { GetQueueUrlCommand } from "@aws-sdk/client-sqs";
import {
  DeleteTranscriptionJobCommand,
  GetTranscriptionJobCommand,
  ListTranscriptionJobsCommand,
  TranscribeClient,
} from "@aws-sdk/client-transcribe";
import { sampleAudio } from "../../index.ts";
import { isDenied } from "../account/failures.ts";
import { countMessages } from "../redrive/dead-letters.ts";
import { deadLetterQueues, nameInArn } from "../stage/plan.ts";
import { errorText, observation, type Probe, type ProbeContext } from "./probe.ts";

/** Transcribe's own file, which it leaves behind. */
const writeCheckFile = ".write_access_check_file.temp";

/** Calls of one second, more than Transcribe's default of 5 a second. */
const burst = 40;

/** Milliseconds until an event is in the log, at most; events are best effort. */
const eventPatience = 60_000;

/** Those that docs/costs.md counts with and the local run can keep to. Their whole names are nowhere documented. */
const quotas = [
  { what: "jobs at once", name: /^number of concurrent (batch )?transcription jobs$/i, assumed: 250 },
  { what: "starts", name: /\bStartTranscriptionJob\b/, assumed: 25 },
  { what: "gets", name: /\bGetTranscriptionJob\b/, assumed: 30 },
  { what: "deletes", name: /\bDeleteTranscriptionJob\b/, assumed: 5 },
] as const;

const quotaText = (values: readonly (number | undefined)[]): string =>
  quotas.map(({ what }, index) => `${values[index] ?? "no"} ${what}`).join(", ");

/** What takes a look behind the API, with the rights of whoever runs it. */
export const callerProbes: readonly Probe[] = [
  {
    id: "transcript-file-uri",
    question: "Which form has TranscriptFileUri for a bucket of one's own?",
    assumed: "https://s3.{region}.amazonaws.com/{bucket}/transcripts/{id}.json",
    needs: "caller",
    async ask(context) {
      const { account, plan } = context;
      const { id } = await context.transcribed();
      const { TranscriptionJob } = await account.clients.transcribe.send(
        new GetTranscriptionJobCommand({ TranscriptionJobName: plan.jobNamePrefix + id }),
      );
      const observed = (TranscriptionJob?.Transcript?.TranscriptFileUri ?? "none")
        .replace(plan.recordingsBucket, "{bucket}")
        .replace(id, "{id}")
        .replace(account.region, "{region}");
      return observation(observed, observed === this.assumed);
    },
  },
  {
    id: "write-check-file",
    question: "Where does Transcribe leave the file by which it tries whether it may write?",
    assumed: `transcripts/${writeCheckFile}`,
    needs: "caller",
    async ask(context) {
      await context.transcribed();
      const { account, plan } = context;
      const { Contents = [] } = await account.clients.s3.send(
        new ListObjectsV2Command({ Bucket: plan.recordingsBucket, Prefix: "transcripts/." }),
      );
      const observed = Contents.map(({ Key = "" }) => Key).join(", ") || "no such file in transcripts/";
      return observation(observed, observed === this.assumed);
    },
  },
  {
    id: "outcome-is-reported",
    question: "Does Transcribe's event reach reportOutcome, which logs and counts it?",
    assumed: "within a minute; best effort",
    needs: "caller",
    async ask(context) {
      const { id } = await context.transcribed();
      const seconds = await secondsUntilLogged(context, "reportOutcome", id);
      return seconds === undefined
        ? observation(`no line of ${id} within ${eventPatience / 1000} seconds`, false)
        : observation(`within ${Math.ceil(seconds)} seconds of the transcript`, true);
    },
  },
  {
    id: "test-message-ends-well",
    question: "Is S3's test message, and all else so far, done: nothing in the dead-letter queue?",
    assumed: "0 messages",
    needs: "caller",
    async ask({ account, plan }) {
      const counts = await Promise.all(
        deadLetterQueues(plan).map(async ({ deadLetters: { arn = "" } }) => {
          const QueueName = nameInArn(arn);
          const { QueueUrl = "" } = await account.clients.sqs.send(new GetQueueUrlCommand({ QueueName }));
          return countMessages(account, QueueUrl);
        }),
      );
      const count = counts.reduce((sum, one) => sum + one, 0);
      return observation(`${count} messages`, count === 0);
    },
  },
  {
    id: "delete-running-job",
    question: "What does Transcribe say of an attempt to delete a job that still runs?",
    assumed: "400 BadRequestException, and a text that does not say that the job couldn't be found",
    needs: "caller",
    jobs: 1,
    async ask({ account, plan, stage: { api }, signal }) {
      const audio = await sampleAudio("function-without-keys");
      const { id } = await api.receiveAudio({ audio, mediaType: "audio/wav" });
      for (;;) {
        const { status } = await api.readRecording(id);
        if (status === "completed" || status === "failed")
          throw new Error("The job ended before it could be tried.");
        if (status !== "uploaded") break;
        await sleep(100, undefined, { signal });
      }
      try {
        await account.clients.transcribe.send(
          new DeleteTranscriptionJobCommand({ TranscriptionJobName: plan.jobNamePrefix + id }),
        );
        throw new Error("The job ended before it could be tried, and is deleted.");
      } catch (error) {
        if (isDenied(error) || !(error as { $metadata?: unknown }).$metadata) throw error;
        const observed = errorText(error);
        return observation(
          observed,
          /^400 BadRequestException/.test(observed) && !/couldn't be found/.test(observed),
        );
      }
    },
  },
  {
    id: "transcribe-quotas",
    question: "How many jobs may run at once in this account, and how many calls a second?",
    assumed: quotaText(quotas.map(({ assumed }) => assumed)),
    needs: "caller",
    async ask({ account }) {
      const values = new Map<string, number>();
      const pages = paginateListServiceQuotas(
        { client: account.clients.quotas },
        { ServiceCode: "transcribe" },
      );
      for await (const { Quotas = [] } of pages) {
        for (const { QuotaName = "", Value } of Quotas) if (Value !== undefined) values.set(QuotaName, Value);
      }
      const observed = quotaText(
        quotas.map(({ name }) => [...values].find(([quota]) => name.test(quota))?.[1]),
      );
      return observation(observed, observed === this.assumed);
    },
  },
  {
    id: "transcribe-rate-error",
    question:
      "Which error is too many calls of Transcribe in a second: ThrottlingException or LimitExceededException?",
    assumed: "400 ThrottlingException: Rate exceeded",
    needs: "caller",
    async ask({ account: { region, credentials } }) {
      // Without the retries that would hide it.
      const transcribe = new TranscribeClient({ region, credentials, maxAttempts: 1 });
      try {
        const calls = Array.from({ length: burst }, () =>
          transcribe.send(new ListTranscriptionJobsCommand({ MaxResults: 1 })),
        );
        const errors = (await Promise.allSettled(calls)).flatMap((call) =>
          call.status === "rejected" ? [call.reason] : [],
        );
        const denied = errors.find(isDenied);
        if (denied) throw denied;
        if (errors.length === 0) throw new Error(`${burst} calls at once were all served: no limit was met.`);
        const observed = [...new Set(errors.map(errorText))].sort().join("; ");
        return observation(observed, observed === this.assumed);
      } finally {
        transcribe.destroy();
      }
    },
  },
];

async function secondsUntilLogged(
  { account, plan, signal }: ProbeContext,
  functionKey: string,
  text: string,
): Promise<number | undefined> {
  const functionName = plan.service.roles.find((role) => role.functionKey === functionKey)?.functionName;
  const start = performance.now();
  for (;;) {
    const { events = [] } = await account.clients.logs.send(
      new FilterLogEventsCommand({
        logGroupName: `/aws/lambda/${functionName}`,
        filterPattern: JSON.stringify(text),
        startTime: Date.now() - 3_600_000,
      }),
    );
    const waited = performance.now() - start;
    if (events.length > 0) return waited / 1000;
    if (waited > eventPatience) return undefined;
    await sleep(3_000, undefined, { signal });
  }
}
