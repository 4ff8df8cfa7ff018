import { S3Client } from "@aws-sdk/client-s3";
import { TranscribeClient } from "@aws-sdk/client-transcribe";
import { createEndpoint } from "../../gate/endpoint/endpoint.ts";
import { listen } from "../../gate/listen.ts";
import { placeholderCredentials } from "../../run/testing/credentials.ts";
import { accountId, fakeGate, region, testPrincipal } from "../../run/testing/gate.ts";
import { createS3 } from "../s3/s3.ts";
import { wav } from "../speech/testing/wav.ts";
import { heard } from "../transcribe/fixtures.ts";
import { createTranscribe } from "../transcribe/transcribe.ts";
import type { Faults } from "./faults.ts";
import { createInjector, type InjectedFault } from "./injector.ts";
import { faultyRecogniser } from "./recogniser.ts";
import { faultyS3 } from "./s3.ts";
import { faultyTranscribe } from "./transcribe.ts";

export const bucket = "photos";

/** S3, with one recording, and Transcribe behind the endpoint, as the faults have them; the SDK's clients before it. */
export async function startFaultyEndpoint(faults: Faults) {
  const place = { accountId, region, partition: "aws" };
  const principal = testPrincipal("startWork");
  const credentials = { ...placeholderCredentials, expiration: new Date("2999-01-01T00:00:00Z") };
  const identities = { find: () => ({ credentials, principal }) };
  const gate = fakeGate();
  const logged: string[] = [];
  const log = (line: string) => void logged.push(line);
  const happened: InjectedFault[] = [];
  const injector = createInjector(faults, (injected) => happened.push(injected));
  const s3 = createS3({
    ...place,
    identities,
    gate,
    buckets: [{ name: bucket }],
    send: () => {},
    putEvent: () => {},
    log,
  });
  await s3.objects.put(bucket, "originals/1.wav", wav({ seconds: 1 }));
  const transcribe = createTranscribe({
    ...place,
    gate,
    objects: s3.objects,
    publish: () => {},
    recogniser: faultyRecogniser({ name: "test engine", recognise: async () => heard }, injector),
    durations: { queued: 1, inProgress: 1 },
    log,
  });
  const services = {
    s3: faultyS3(s3, injector),
    json: { transcribe: faultyTranscribe(transcribe, injector) },
  };
  const server = await listen(createEndpoint({ identities, region, services, log }), 0, "AWS endpoint");
  const client = { endpoint: server.url, region, credentials, maxAttempts: 1 };
  const clients = {
    s3: new S3Client({ ...client, forcePathStyle: true }),
    transcribe: new TranscribeClient(client),
  };
  return {
    ...clients,
    url: server.url,
    objects: s3.objects,
    jobs: transcribe,
    injector,
    happened,
    logged,
    async [Symbol.asyncDispose]() {
      injector.close();
      await transcribe.close();
      clients.s3.destroy();
      clients.transcribe.destroy();
      await server.close();
    },
  };
}
