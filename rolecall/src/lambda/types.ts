import type { Credentials, Gate, Log, Principal } from "../gate/types.ts";

/** Where a function's code lies. */
export type FunctionCode =
  /** The path of a zip. */
  | { readonly zip: string }
  /** The path of a folder. */
  | { readonly folder: string }
  /** Written into the template: what the module `index` says. */
  | { readonly inline: string };

/** One function of the packaged template. */
export interface FunctionSpec {
  /** What its author calls it. */
  readonly key: string;
  /** The deployed name, e.g. `photos-dev-storePhoto`. */
  readonly name: string;
  readonly arn: string;
  /** `path/file.export`, relative to the code's root. */
  readonly handler: string;
  /** Absent where it is not on this machine: an invocation says so. */
  readonly code?: FunctionCode;
  /** The layers that the template makes, in their order: a later one replaces files of an earlier. */
  readonly layers?: readonly FunctionCode[];
  /** E.g. `nodejs22.x`; `nodejs24.x` by default. Each runs on the Node.js that runs this. */
  readonly runtime?: string;
  /** Why its code cannot run here; an invocation of it fails with these words. */
  readonly notRunnable?: string;
  /** Its aliases and versions, each by its ARN: they run the same code. */
  readonly qualified?: readonly string[];
  /** Seconds an invocation may take. */
  readonly timeout: number;
  /** MB. */
  readonly memory: number;
  /** How many invocations of it may run at once, kept free for it alone; without it, it shares what others leave. */
  readonly reservedConcurrency?: number;
  /** The template's variables, without those that Lambda sets. */
  readonly environment: Readonly<Record<string, string>>;
  /** The execution role, in this function's session. */
  readonly principal: Principal;
  /** Temporary credentials of the role; asked once for each instance. */
  readonly credentials: () => Credentials;
  /** E.g. `/aws/lambda/photos-dev-storePhoto`. */
  readonly logGroup: string;
}

/**
 * How long and how often a function is tried with an event that is queued.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
 */
export interface AsyncLimits {
  /** 0 to 2. */
  readonly maximumRetryAttempts: number;
  /** Seconds, 60 to 21,600. */
  readonly maximumEventAge: number;
}

/** How an event ended that was queued. */
export interface AsyncEnd {
  readonly requestId: string;
  /** The event, in JSON. */
  readonly payload: string;
  readonly condition: "Success" | "RetriesExhausted" | "EventAgeExceeded" | "ZeroReservedConcurrency";
  readonly invokeCount: number;
  /** Of the last attempt; absent where no code ran. */
  readonly result?: InvokeResult;
}

/** Bytes of an event. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const eventLimit = 6 * 1024 * 1024;

export interface LambdaOptions {
  readonly functions: readonly FunctionSpec[];
  readonly gate: Gate;
  /** Where the code is unpacked, in a directory of its own that `close` removes; the system's by default. */
  readonly runtimeDir?: string;
  /** What functions find in AWS_ENDPOINT_URL. */
  readonly endpointUrl: string;
  readonly region: string;
  readonly accountId: string;
  /**
   * Takes what functions write to CloudWatch Logs, an event at a time; no request id while an instance initialises.
   * What was logged by one call of `console` is one event, of several lines maybe.
   */
  readonly logs: (functionName: string, requestId: string | undefined, line: string) => void;
  /** Told of every invocation that ended, as Lambda's REPORT line tells; not where the role may not log. */
  readonly onReport?: (report: InvocationReport) => void;
  /** What happened to functions, as opposed to what they wrote. */
  readonly log: Log;
  /** Multiplies every wait between retries: 1 (the default) waits as long as AWS. */
  readonly waitFactor?: number;
  /** What holds for asynchronous events of those functions that say so themselves, by ARN. */
  readonly asyncLimits?: ReadonlyMap<string, AsyncLimits>;
  /** Told of every asynchronous event that ended. */
  readonly onAsyncEnd?: (spec: FunctionSpec, end: AsyncEnd) => void;
  /**
   * How many invocations may run at once in the account; a new account has 10.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
   */
  readonly concurrency?: number;
  /**
   * Seconds that an initialisation may take before the first invocation: 10 by default, as on AWS.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
   */
  readonly initLimit?: number;
  /**
   * Asked at each invocation: milliseconds after its event was delivered at which the process is killed with SIGKILL,
   * unless it has answered; undefined leaves it alone. The invocation fails as that of a crashed process does.
   */
  readonly killAfter?: (functionName: string) => number | undefined;
}

export interface Lambda {
  /**
   * Invokes a function and waits for its answer (`RequestResponse`).
   *
   * @param functionName Deployed name or ARN.
   * @throws LambdaServiceError where Lambda refuses the call before any code runs: an unknown function, an event
   * over 6 MB, no concurrency left.
   */
  invoke(functionName: string, event: unknown): Promise<InvokeResult>;
  /**
   * Queues an event (`Event`): invoked soon, after an error twice more, one and two minutes later; throttled events
   * are tried again for up to six hours.
   * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
   *
   * @throws LambdaServiceError for an unknown function or an event over 1 MB.
   */
  invokeAsync(functionName: string, event: unknown): void;
  /** Resolves when no asynchronous event waits or runs. */
  drain(): Promise<void>;
  /** Ends every instance, drops asynchronous events that still wait, and removes what was unpacked. */
  close(): Promise<void>;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html */
export interface InvocationReport {
  readonly functionKey: string;
  readonly requestId: string;
  /** Of the invocation, with an initialisation that fell into it. */
  readonly durationMs: number;
  /** Of the initialisation before it: a cold start. */
  readonly initMs?: number;
  /** The function's memory. */
  readonly memoryMb: number;
  /** The most that the instance has held since it started; unknown where its process ended without a word. */
  readonly maxMemoryMb?: number;
  readonly outcome: "success" | "error" | "timeout" | "crash" | "out of memory";
}

/** A function's answer: `payload` is its JSON value, or with `functionError` what went wrong in it. */
export type InvokeResult =
  | { readonly payload: unknown; readonly functionError?: never }
  | { readonly payload: FunctionErrorPayload; readonly functionError: "Unhandled" };

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror */
export interface FunctionErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** The call to Lambda failed, not the function: no code of the function ran. */
export class LambdaServiceError extends Error {
  /** As in the Lambda API, e.g. `TooManyRequestsException`. */
  readonly code:
    | "ResourceNotFoundException"
    | "RequestTooLargeException"
    | "TooManyRequestsException"
    | "ServiceException";

  constructor(code: LambdaServiceError["code"], message: string) {
    super(message);
    this.name = "LambdaServiceError";
    this.code = code;
  }
}
