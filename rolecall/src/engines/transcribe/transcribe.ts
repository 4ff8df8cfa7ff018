import { setTimeout as delay } from "node:timers/promises";
import type { Gate, Log, ObjectStore, Principal } from "../../gate/types.ts";
import type { Recogniser } from "../speech/recogniser.ts";
import { jobArn, type Place, requireAllowed } from "./access.ts";
import {
  badRequest,
  jobExists,
  jobNotFound,
  limitExceeded,
  notImplemented,
  refuseUnmodelled,
  ServiceError,
} from "./errors.ts";
import { describedJob, isRunning, type Job, type Outcome, startedJob } from "./job.ts";
import type { TranscribeLimits } from "./limits.ts";
import { listJobs } from "./list.ts";
import { jobRequest, listRequest, unservedOperations } from "./model.ts";
import { processJob } from "./process.ts";
import { deserialise, validate } from "./shapes.ts";
import { readStartRequest, requireReachable } from "./start.ts";
import { throttle } from "./throttle.ts";

export interface TranscribeOptions {
  readonly gate: Gate;
  readonly objects: ObjectStore;
  /** Takes the job's change of state to the event bus. */
  readonly publish: (event: TranscribeEvent) => void;
  readonly recogniser: Recogniser;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly clock?: () => Date;
  /** Milliseconds that a job spends in each state, at least. */
  readonly durations?: { readonly queued: number; readonly inProgress: number };
  /** The service's quotas; none by default. */
  readonly limits?: TranscribeLimits;
  readonly log: Log;
}

/** https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html */
export interface TranscribeEvent {
  readonly source: "aws.transcribe";
  readonly detailType: "Transcribe Job State Change";
  readonly detail: {
    readonly TranscriptionJobName: string;
    readonly TranscriptionJobStatus: "COMPLETED" | "FAILED";
    readonly FailureReason?: string;
  };
}

export interface TranscribeCall {
  readonly principal: Principal;
  /** The `x-amz-target` header, e.g. "Transcribe.StartTranscriptionJob". */
  readonly target: string;
  readonly body: Buffer;
  readonly requestId: string;
}

export interface TranscribeAnswer {
  /** HTTP status. */
  readonly status: number;
  readonly headers?: Record<string, string>;
  /** To be written as JSON. */
  readonly body: unknown;
}

export interface Transcribe {
  /** Answers one request, errors included. Never throws. */
  handle(call: TranscribeCall): Promise<TranscribeAnswer>;
  /** Resolves when no job is under way. */
  idle(): Promise<void>;
  /** Drops the jobs that are under way: none of them sends an event, and whoever still listens is told to stop. */
  close(): Promise<void>;
}

/**
 * Amazon Transcribe's batch jobs, as AWS JSON 1.1.
 * https://docs.aws.amazon.com/transcribe/latest/APIReference/API_Operations_Amazon_Transcribe_Service.html
 */
export function createTranscribe(options: TranscribeOptions): Transcribe {
  const { gate, objects, publish, recogniser, log, limits = {} } = options;
  const { clock = () => new Date(), durations = { queued: 20, inProgress: 80 } } = options;
  const { accountId, region, partition } = options;
  const place: Place = { accountId, region, partition };
  const closing = new AbortController();
  const { signal } = closing;
  const surroundings = { gate, objects, recogniser, place, log, signal };

  const jobs = new Map<string, Job>();
  const underWay = new Set<Promise<void>>();
  const admit: Readonly<Record<string, () => void>> = {
    StartTranscriptionJob: throttle(limits.startsPerSecond, clock),
    GetTranscriptionJob: throttle(limits.getsPerSecond, clock),
    DeleteTranscriptionJob: throttle(limits.deletesPerSecond, clock),
    ListTranscriptionJobs: throttle(limits.listsPerSecond, clock),
  };
  let jobsStarted = 0;

  const operations: Record<string, (principal: Principal, body: Buffer) => object | Promise<object>> = {
    StartTranscriptionJob: async (principal, body) => {
      const order = readStartRequest(principal, body, surroundings);
      await requireReachable(principal, order, surroundings);
      // Nothing is awaited from here to the entry, so two requests cannot take one name.
      const name = order.request.TranscriptionJobName;
      if (jobs.has(name)) throw jobExists();
      const running = [...jobs.values()].filter(isRunning).length;
      if (running >= (limits.concurrentJobs ?? Number.POSITIVE_INFINITY)) throw limitExceeded();
      const job: Job = {
        ...order,
        name,
        caller: principal,
        creationTime: clock(),
        sequence: ++jobsStarted,
        state: { status: "QUEUED" },
      };
      jobs.set(name, job);
      const life = run(job).finally(() => underWay.delete(life));
      underWay.add(life);
      return { TranscriptionJob: startedJob(job) };
    },

    GetTranscriptionJob: (principal, body) => {
      const job = findJob(principal, "GetTranscriptionJob", body);
      return { TranscriptionJob: describedJob(job, place) };
    },

    DeleteTranscriptionJob: (principal, body) => {
      const job = findJob(principal, "DeleteTranscriptionJob", body);
      // AWS refuses this too; its words are not known.
      if (isRunning(job)) {
        throw badRequest("The requested job couldn't be deleted because it hasn't reached a terminal state.");
      }
      jobs.delete(job.name);
      return {};
    },

    ListTranscriptionJobs: (principal, body) => {
      const { draft, unmodelled } = deserialise(listRequest, body);
      const action = "transcribe:ListTranscriptionJobs";
      requireAllowed(gate, principal, { action, resource: "*", context: {} });
      const request = validate(listRequest, draft);
      refuseUnmodelled("ListTranscriptionJobs", unmodelled);
      return listJobs(jobs.values(), request);
    },
  };

  function findJob(principal: Principal, operation: string, body: Buffer): Job {
    const { draft, unmodelled } = deserialise(jobRequest, body);
    const name = draft.TranscriptionJobName ?? "";
    const job = jobs.get(name);
    const tags = job?.request.Tags ?? [];
    requireAllowed(gate, principal, {
      action: `transcribe:${operation}`,
      resource: jobArn(place, name),
      context: Object.fromEntries(tags.map(({ Key, Value }) => [`aws:ResourceTag/${Key}`, Value])),
    });
    validate(jobRequest, draft);
    refuseUnmodelled(operation, unmodelled);
    if (!job) throw jobNotFound();
    return job;
  }

  async function run(job: Job): Promise<void> {
    try {
      await delay(durations.queued, undefined, { signal });
      const startTime = clock();
      job.state = { status: "IN_PROGRESS", startTime };
      await delay(durations.inProgress, undefined, { signal });
      const outcome = await processJob(job, surroundings);
      signal.throwIfAborted();
      job.state = { ...outcome, startTime, completionTime: clock() };
      announce(job, outcome);
    } catch (error) {
      if (!signal.aborted) log(`transcribe: ${job.name}: ${String(error)}`);
    }
  }

  function announce({ name, output }: Job, outcome: Outcome): void {
    if (outcome.status === "COMPLETED") {
      const { language, source } = outcome.heard;
      const how = source === "recorded" ? "recorded transcript, nobody listened" : recogniser.name;
      log(`transcribe: ${name} COMPLETED (${language}; ${how}) -> s3://${output.bucket}/${output.key}`);
    } else {
      log(`transcribe: ${name} FAILED: ${outcome.failureReason}`);
    }
    publish({
      source: "aws.transcribe",
      detailType: "Transcribe Job State Change",
      detail: {
        TranscriptionJobName: name,
        TranscriptionJobStatus: outcome.status,
        ...(outcome.status === "FAILED" && { FailureReason: outcome.failureReason }),
      },
    });
  }

  async function answer({ principal, target, body }: TranscribeCall): Promise<object> {
    if (signal.aborted) {
      throw new ServiceError("InternalFailureException", "The local run's Transcribe is closed.", 500);
    }
    const name = /^Transcribe\.(\w+)$/.exec(target)?.[1] ?? target;
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (operation) {
      admit[name]?.();
      return operation(principal, body);
    }
    if (unservedOperations.has(name)) {
      throw notImplemented(
        `The local run does not imitate ${name}. It serves ${Object.keys(operations).join(", ")}.`,
      );
    }
    throw new ServiceError("UnknownOperationException", `Amazon Transcribe has no operation ${name}.`);
  }

  async function settle(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
  }

  return {
    async handle(call) {
      try {
        return { status: 200, headers: headers(call.requestId), body: await answer(call) };
      } catch (error) {
        const known = error instanceof ServiceError;
        if (!known)
          log(`transcribe: ${call.target}: ${error instanceof Error ? error.stack : String(error)}`);
        // The caller may take it for a passing error and say nothing.
        else if (error.status === 501) log(`transcribe: ${error.message}`);
        return errorAnswer(
          known
            ? error
            : new ServiceError("InternalFailureException", "The local run failed; its log says how.", 500),
          call.requestId,
        );
      }
    },
    idle: settle,
    async close() {
      closing.abort();
      await settle();
    },
  };
}

export function errorAnswer({ status, type, message }: ServiceError, requestId: string): TranscribeAnswer {
  return { status, headers: headers(requestId), body: { __type: type, Message: message } };
}

function headers(requestId: string) {
  return { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": requestId };
}
