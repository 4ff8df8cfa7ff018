import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import {
  httpEvent,
  jobStateChange,
  uploadNotification,
  uploadsEvent,
} from "../../../../packages/core/src/testing/events.ts";

/** A function as serverless.yml has it. */
export interface FunctionEntry {
  readonly name: string;
  /** Of its handler, from the root. */
  readonly source: string;
  readonly handlerName: string;
  /** One that its handler takes to a good end. */
  readonly event: unknown;
}

export const recordingId = "01900000-0000-7000-8000-000000000000.en-US.wav";

const path = { id: recordingId };
const events: Record<string, unknown> = {
  receiveAudio: httpEvent({ headers: { "content-type": "audio/wav" }, body: Buffer.from("RIFF") }),
  issueUploadForm: httpEvent({ body: '{"contentType":"audio/wav"}' }),
  startTranscription: uploadsEvent(uploadNotification(`audio/${recordingId}`)),
  reportOutcome: jobStateChange({
    TranscriptionJobName: `voice-notes_bench_${recordingId}`,
    TranscriptionJobStatus: "COMPLETED",
  }),
  listRecordings: httpEvent(),
  readRecording: httpEvent({ path }),
  deleteRecording: httpEvent({ path }),
};

/** Those that there is an event for: what has none here is not measured. */
export async function readFunctions(root: string): Promise<FunctionEntry[]> {
  const { functions } = await readServerlessYml(root);
  return Object.entries<{ handler: string }>(functions)
    .filter(([name]) => name in events)
    .map(([name, { handler }]) => {
      const [, source, handlerName] = /^(.+)\.(\w+)$/.exec(handler) ?? [];
      return {
        name,
        source: `${source}.ts`,
        handlerName: handlerName ?? "",
        event: events[name],
      };
    });
}

/** CloudFormation's tags (!Ref and the like) are read as the text behind them. */
export async function readServerlessYml(root: string) {
  return parse(await readFile(join(root, "serverless.yml"), "utf8"), { logLevel: "silent" });
}

/** As serverless.yml sets them. */
export const functionVariables = {
  RECORDINGS_BUCKET: "recordings-bucket",
  DEFAULT_LANGUAGE: "en-US",
  JOB_NAME_PREFIX: "voice-notes_bench_",
  POWERTOOLS_SERVICE_NAME: "voice-notes-bench",
  POWERTOOLS_METRICS_NAMESPACE: "voice-notes",
};

/** @throws Error when a function did not bring its event to a good end, which is what is measured. */
export function expectSuccess(name: string, answer: unknown): void {
  const { statusCode } = (answer ?? {}) as { statusCode?: number };
  const isSuccess =
    answer === undefined ||
    isDeepStrictEqual(answer, { batchItemFailures: [] }) ||
    (statusCode !== undefined && statusCode < 300);
  if (!isSuccess) throw new Error(`${name} answered ${JSON.stringify(answer)}.`);
}
