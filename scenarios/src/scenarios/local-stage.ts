import { S3Client } from "@aws-sdk/client-s3";
import { TranscribeClient } from "@aws-sdk/client-transcribe";
import type { LocalStage as LocalRunStage, Scenario } from "rolecall/scenario";
import { createApi } from "../api.ts";
import { recordingsBucket } from "../recordings-bucket.ts";
import type { Clients, LocalScenario, LocalStage } from "./scenario.ts";

/** Those of the local runs that are under way; a run's clients serve all of its scenarios. */
const stages = new WeakMap<LocalRunStage, LocalStage>();

/** The scenario as the toolkit runs it: on a local run, which knows nothing of the service's API. */
export function onLocalRun({ steps, ...scenario }: LocalScenario): Scenario {
  return {
    ...scenario,
    steps(run) {
      const stage = stages.get(run) ?? localStage(run);
      stages.set(run, stage);
      return steps(stage);
    },
  };
}

function localStage(run: LocalRunStage): LocalStage {
  const { aws } = run;
  const clients = new Map<string, Clients>();
  run.onClose(() => {
    for (const { s3, transcribe } of clients.values()) {
      s3.destroy();
      transcribe.destroy();
    }
  });
  const as = (principal: string): Clients => {
    const known = clients.get(principal) ?? clientsOf(run, principal);
    clients.set(principal, known);
    return known;
  };
  const { api } = as("developer");
  return {
    ...run,
    url: aws.api,
    api,
    as,
    async ended(id) {
      await aws.idle();
      return api.readRecording(id);
    },
  };
}

function clientsOf({ aws, credentials: find }: LocalRunStage, principal: string): Clients {
  const credentials = find(principal);
  // Once: a refusal is an answer.
  const connection = { endpoint: aws.endpoint, region: aws.region, credentials, maxAttempts: 1 };
  return {
    api: createApi(aws.api, aws.region, async () => credentials),
    s3: new S3Client(connection),
    transcribe: new TranscribeClient(connection),
    bucket: recordingsBucket(aws),
  };
}
