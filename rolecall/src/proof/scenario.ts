import type { Credentials } from "../gate/types.ts";
import type { LocalAws, StartOptions } from "../run/local-aws.ts";

/** Where a scenario takes place: a local run. What the service itself offers, its scenarios build on this. */
export interface LocalStage {
  readonly aws: LocalAws;
  /** @throws Error for a principal that the local run does not have. */
  credentials(principal: string): Credentials;
  /** The lines that a function has written since the scenario began. */
  logOf(functionKey: string): readonly string[];
  /**
   * @param name The whole one, or its end after a dash: `uploads` of `my-service-dev-uploads`.
   * @throws Error when no queue has that name, or several do.
   */
  queue(name: string): Queue;
  /** Has every transcription job hear nothing until it is let go on. @returns Lets them. */
  holdJobs(): () => void;
  /** Has something ended with the local run, such as a client's connections. */
  onClose(end: () => void): void;
}

export type Queue = NonNullable<ReturnType<LocalAws["queues"]["get"]>>;

/** A behaviour of a service. */
export interface Scenario<On = LocalStage> {
  /** A statement about the service. */
  readonly name: string;
  /**
   * What IAM refuses on the way, each as `who action`. Every one of them has to happen. Any other refusal is a missing
   * permission.
   */
  readonly denials?: readonly string[];
  /** Set where it tries in a principal's name what is forbidden: what is allowed on the way shows no need for it. */
  readonly isAttempt?: true;
  /** How the local run must be started for it; as it comes when absent. */
  readonly settings?: Settings;
  /** @throws Error that says what the service did otherwise. */
  steps(stage: On): Promise<void>;
}

export type Settings = Pick<StartOptions, "faults" | "waitFactor">;
