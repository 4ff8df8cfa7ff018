import type { FaultName, Faults } from "../engines/faults/faults.ts";
import type { InjectedFault } from "../engines/faults/injector.ts";
import type { Recogniser } from "../engines/speech/recogniser.ts";
import type { Queue } from "../engines/sqs/queue.ts";
import type { TranscribeLimits } from "../engines/transcribe/limits.ts";
import type {
  Credentials,
  Log,
  ObjectStore,
  PoliciesInForce,
  Question,
  TracedDecision,
} from "../gate/types.ts";
import type { Decision } from "../iam/types.ts";
import type { InvocationReport } from "../lambda/types.ts";
import type { Note } from "../stack/note.ts";
import type { Stack } from "../stack/template.ts";
import type { Apis, LocalApi } from "./start-apis.ts";
import type { LocalSchedule } from "./start-schedules.ts";

export interface StartOptions {
  /** The folder that `packageService` returned, or a template. */
  readonly packaged: string;
  readonly stage: string;
  readonly region: string;
  /** Values of the template's parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Documents of policies that are not in the template, by ARN. */
  readonly policies?: Readonly<Record<string, unknown>>;
  /** A free one when it is 0 or absent. */
  readonly apiPort?: number;
  /** A free one when it is 0 or absent. */
  readonly endpointPort?: number;
  /** Hears the media of transcription jobs; what `findRecogniser` finds on this machine by default. */
  readonly recogniser?: Recogniser;
  /** The folder with recorded transcripts, for a machine without a speech engine. */
  readonly transcripts?: string | undefined;
  /** Milliseconds that a job spends in each state, at least. */
  readonly jobDurations?: { readonly queued: number; readonly inProgress: number };
  /** Multiplies every wait after a failure, of messages and of Lambda's retries: 1 (the default) waits as long as AWS. */
  readonly waitFactor?: number;
  /** What goes wrong, how often and by which seed; nothing by default. */
  readonly faults?: Faults;
  /** Transcribe's quotas: none by default, AWS's own when true or where some are given and others left out. */
  readonly transcribeLimits?: boolean | TranscribeLimits;
  /** Whether rules and schedules run at their times; otherwise only when `invokeSchedule` says so. */
  readonly schedules?: boolean;
  /** Told what happened that no function wrote. */
  readonly log?: Log;
  /** Told each line that a function wrote, and the invocation's request id; none while an instance initialises. */
  readonly onFunctionLog?: (functionKey: string, line: string, requestId: string | undefined) => void;
  /** Told of each invocation as it ends. */
  readonly onReport?: (report: InvocationReport) => void;
  /** Told each decision as it is taken. */
  readonly onDecision?: (decision: TracedDecision) => void;
  /** Told each fault as it happens. */
  readonly onFault?: (injected: InjectedFault) => void;
}

export interface LocalAws {
  /** The first API's base URL; empty for a stack that has none. */
  readonly api: string;
  /** Every API and function URL. */
  readonly apis: readonly LocalApi[];
  /** Signs tokens that this run's authorizers take; absent where none takes a token. */
  readonly issuer?: Apis["issuer"];
  /** What goes into AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  readonly accountId: string;
  readonly region: string;
  /** The buckets' names by their logical ids. */
  readonly buckets: ReadonlyMap<string, string>;
  /** The template as it is deployed here. */
  readonly stack: Stack;
  /** What of the template the local run does not imitate, and goes on without. */
  readonly notes: readonly Note[];
  /** Each function's role by the function's name, and the developer, who may invoke the API. */
  readonly principals: Readonly<Record<string, Credentials>>;
  /** What hears. */
  readonly recogniser: string;
  /** What `faults` came to. */
  readonly faults: {
    /** The one that was given, or that was drawn by lot: with it the faults come again. */
    readonly seed: number;
    /** How often each fault happened so far; without those that did not. */
    readonly counts: ReadonlyMap<FaultName, number>;
  };
  /** The latest decisions, in order: every one of a short run. */
  readonly decisions: readonly TracedDecision[];
  /**
   * Every policy of the stack, and the developer's. They may be exchanged while it runs; Lambda asks for the right to
   * log when it starts an instance, and not again.
   */
  readonly policies: PoliciesInForce;
  /**
   * Asks IAM what nobody can ask over HTTP here: as an AWS service, e.g. `s3.amazonaws.com`, or as a principal by its
   * name with condition keys of the question's own, which take the place of the real ones. Traced like any other.
   *
   * @throws Error for somebody whom the stack does not have.
   */
  ask(who: string, question: Question): Decision;
  /** What the buckets hold, past the gate. */
  readonly objects: ObjectStore;
  /** The queues by name, past the gate. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** The rules and schedules that have a time. */
  readonly schedules: readonly LocalSchedule[];
  /**
   * Sets a rule or a schedule off as if its time had come.
   *
   * @param name Its name or its logical id.
   * @throws Error that names those that there are.
   */
  invokeSchedule(name: string): void;
  /** Resolves when nothing is under way: no message, no job, no event, no invocation. */
  idle(): Promise<void>;
  /** Ends every process and server, and removes every temporary file. */
  close(): Promise<void>;
}
