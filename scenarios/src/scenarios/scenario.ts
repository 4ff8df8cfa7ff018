import type { S3Client } from "@aws-sdk/client-s3";
import type { TranscribeClient } from "@aws-sdk/client-transcribe";
import type { LocalStage as LocalRunStage, Scenario as ToolkitScenario } from "rolecall/scenario";
import type { Api } from "../api.ts";
import type { Recording } from "../recording.ts";

export type { Queue, Settings } from "rolecall/scenario";

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
export interface LocalStage extends RoleStage, LocalRunStage {}

export interface Clients {
  readonly api: Api;
  readonly s3: S3Client;
  readonly transcribe: TranscribeClient;
  /** The recordings bucket. */
  readonly bucket: string;
}

/** A behaviour of the service. */
export type Scenario<On extends Stage = Stage> = ToolkitScenario<On>;

export type LocalScenario = Scenario<LocalStage>;
