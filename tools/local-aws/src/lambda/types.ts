import type { Credentials, Gate, Log, Principal } from "../types.ts";

/** One function of the packaged template. */
export interface FunctionSpec {
  /** The function's name in serverless.yml: what a reader knows it by. */
  readonly key: string;
  /** The deployed name, e.g. `voice-notes-dev-receiveAudio`. */
  readonly name: string;
  readonly arn: string;
  /** `path/file.export`, relative to the zip's root. */
  readonly handler: string;
  /** Path of the packaged zip. */
  readonly zip: string;
  /** Seconds an invocation may take. */
  readonly timeout: number;
  /** MB. */
  readonly memory: number;
  /** The template's variables, without those that Lambda sets. */
  readonly environment: Readonly<Record<string, string>>;
  /** The execution role, in this function's session. */
  readonly principal: Principal;
  /** Temporary credentials of the role; asked once for each instance. */
  readonly credentials: () => Credentials;
  /** E.g. `/aws/lambda/voice-notes-dev-receiveAudio`. */
  readonly logGroup: string;
}

export interface LambdaOptions {
  readonly functions: readonly FunctionSpec[];
  readonly gate: Gate;
  /** Where the zips are unpacked, in a directory of its own that `close` removes; the system's by default. */
  readonly runtimeDir?: string;
  /** What functions find in AWS_ENDPOINT_URL. */
  readonly endpointUrl: string;
  readonly region: string;
  readonly accountId: string;
  /** Takes what functions write to CloudWatch Logs; no request id while an instance initialises. */
  readonly logs: (functionName: string, requestId: string | undefined, line: string) => void;
  /** What happened to functions, as opposed to what they wrote. */
  readonly log: Log;
  /** Multiplies every wait between retries: 1 (the default) waits as long as AWS. */
  readonly waitFactor?: number;
  /**
   * How many invocations may run at once in the account; a new account has 10.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
   */
  readonly concurrency?: number;
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
