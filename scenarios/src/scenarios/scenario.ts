import type { S3Client } from "@aws-sdk/client-s3";
import type { TranscribeClient } from "@aws-sdk/client-transcribe";
import type { LocalAws, StartOptions } from "rolecall/run";
import type { Api, Recording } from "../api.ts";

/** Where scenarios take place: on the local run, or on a stage that was deployed. */
export interface Stage {
  /** The API's base URL. */
  readonly url: string;
  /** Calls the API as somebody who may. */
  readonly api: Api;
  /** The recording once its transcription has ended; as it is, where it will not end any more. */
  ended(id: string): Promise<Recording>;
}

/** Where one may also act as a function. */
export interface RoleStage extends Stage {
  /** With the rights of a principal: a function's key in serverless.yml, or "developer". */
  as(principal: string): Clients;
}

/** What the local run shows besides, and a deployed stage does not. */
export interface LocalStage extends RoleStage {
  readonly aws: LocalAws;
  /** The lines that a function has written since the scenario began. */
  logOf(functionKey: string): readonly string[];
  /** @param name Without service and stage, e.g. `uploads`. */
  queue(name: string): Queue;
  /** Has every job hear nothing until it is let go on. @returns Lets them. */
  holdJobs(): () => void;
}

export type Queue = NonNullable<ReturnType<LocalAws["queues"]["get"]>>;

export interface Clients {
  readonly api: Api;
  readonly s3: S3Client;
  readonly transcribe: TranscribeClient;
  /** The recordings bucket. */
  readonly bucket: string;
}

/** A behaviour of the service. */
export interface Scenario<On extends Stage = Stage> {
  /** A statement about the service. */
  readonly name: string;
  /**
   * What IAM refuses on the way, each as `who action`: every one of them has to happen, and any other refusal is a
   * right that is missing.
   */
  readonly denials?: readonly string[];
  /** Set where it tries in a principal's name what is forbidden: what is allowed on the way shows no need for it. */
  readonly isAttempt?: true;
  /** @throws Error that says what the service did otherwise. */
  steps(stage: On): Promise<void>;
}

export interface LocalScenario extends Scenario<LocalStage> {
  /** How the local run must be started for it; as it comes when absent. */
  readonly settings?: Settings;
}

export type Settings = Pick<StartOptions, "faults" | "waitFactor">;
