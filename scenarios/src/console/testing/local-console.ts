import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import {
  type LocalAws,
  recordedTranscripts,
  type StartOptions,
  startLocalAws,
  type TracedDecision,
} from "rolecall/run";
import { type PermissionsConsole, startConsole } from "../../../../rolecall/src/console/console.ts";
import { readProject } from "../../../../rolecall/src/project/open.ts";
import { samples } from "../../scenarios/samples.ts";
import { recordingsConsole } from "../extension.ts";

export const root = fileURLToPath(new URL("../../../..", import.meta.url));

const place = { stage: "local", region: "us-east-1" };

export interface LocalConsole extends PermissionsConsole {
  readonly aws: LocalAws;
  /** What the console said of faults of its own. */
  readonly complaints: readonly string[];
}

/** A local run with its console; what is said in the samples it knows, and nothing else. */
export async function startLocalConsole(
  settings: Pick<StartOptions, "jobDurations"> & { readonly port?: number } = {},
): Promise<LocalConsole> {
  const project = await readProject({ root, ...place });
  const listeners: ((decision: TracedDecision) => void)[] = [];
  const complaints: string[] = [];
  const aws = await startLocalAws({
    packaged: project.file,
    ...place,
    recogniser: recordedTranscripts(samples),
    jobDurations: settings.jobDurations ?? { queued: 1, inProgress: 1 },
    onDecision: (decision) => {
      for (const listener of listeners) listener(decision);
    },
  });
  const page = await startConsole({
    aws,
    project,
    extension: recordingsConsole,
    port: settings.port ?? 0,
    onDecision: (listener) => listeners.push(listener),
    log: (line) => complaints.push(line),
  });
  return {
    aws,
    complaints,
    url: page.url,
    async close() {
      await page.close();
      await aws.close();
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** Any request, with any Host and Origin, which `fetch` does not let anybody choose. */
export async function send(
  url: string,
  options: RequestOptions & { readonly body?: string | Uint8Array } = {},
): Promise<Answer> {
  const { body, ...rest } = options;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(url, rest, resolve);
    request.on("error", reject);
    request.end(body);
  });
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
}
