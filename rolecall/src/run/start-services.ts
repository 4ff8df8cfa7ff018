import { createFaultyDelivery } from "../engines/faults/delivery.ts";
import { faultyRecogniser } from "../engines/faults/recogniser.ts";
import { faultyS3 } from "../engines/faults/s3.ts";
import { faultyTranscribe } from "../engines/faults/transcribe.ts";
import { createS3 } from "../engines/s3/s3.ts";
import type { Recogniser } from "../engines/speech/recogniser.ts";
import type { Queue } from "../engines/sqs/queue.ts";
import { createSqs, type Sqs } from "../engines/sqs/sqs.ts";
import { awsLimits } from "../engines/transcribe/limits.ts";
import { createTranscribe, type TranscribeEvent } from "../engines/transcribe/transcribe.ts";
import { createEndpoint } from "../gate/endpoint/endpoint.ts";
import { listen } from "../gate/listen.ts";
import type { ObjectStore } from "../gate/types.ts";
import { bucketParts } from "./parts/buckets.ts";
import { queueParts } from "./parts/queues.ts";
import type { Run } from "./start.ts";

export interface Services {
  /** What goes into AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  readonly sqs: Sqs;
  readonly objects: ObjectStore;
  /** Names by logical id. */
  readonly buckets: ReadonlyMap<string, string>;
  /** By name. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** Takes the services' events from now on. */
  onEvent(take: (event: TranscribeEvent) => void): void;
  /**
   * What the services do at a deployment, when everything else stands.
   *
   * @throws Error for what they refuse then.
   */
  begin(): void;
  /** Resolves when no notification, no job and no event is under way. */
  notified(): Promise<void>;
  finished(): Promise<void>;
}

/** The queues, the buckets, Transcribe, and the address at which clients find them. */
export async function startServices(run: Run, recogniser: Recogniser): Promise<Services> {
  const { reading, place, gate, identities, injector, log, options, onClose } = run;
  const queues = queueParts(reading);
  const buckets = bucketParts(reading);
  const sqs = createSqs({ queues, log });
  const notifications = createFaultyDelivery<{ readonly queue: Queue; readonly body: string }>(
    {
      deliver: ({ queue, body }) => queue.send(body, "s3.amazonaws.com"),
      what: ({ queue }) => `s3: a notification to ${queue.spec.name}`,
      place: "notifications",
      isBestEffort: false,
      log,
    },
    injector,
  );
  const s3 = createS3({
    ...place,
    identities,
    gate,
    buckets,
    send: (queueArn, body) => notifications.send({ queue: sqs.queue(queueArn), body }),
    log,
  });
  onClose(s3.close);

  let take: (event: TranscribeEvent) => void = () => {};
  const events = createFaultyDelivery<TranscribeEvent>(
    {
      deliver: (event) => take(event),
      what: ({ detail }) => `events: ${detail.TranscriptionJobName} ${detail.TranscriptionJobStatus}`,
      place: "events",
      isBestEffort: true,
      log,
    },
    injector,
  );
  const { jobDurations, transcribeLimits } = options;
  const transcribe = createTranscribe({
    ...place,
    gate,
    objects: s3.objects,
    publish: events.send,
    recogniser: faultyRecogniser(recogniser, injector),
    log,
    ...(jobDurations && { durations: jobDurations }),
    ...(transcribeLimits && {
      limits: { ...awsLimits, ...(transcribeLimits === true ? {} : transcribeLimits) },
    }),
  });
  onClose(() => transcribe.close());

  const handler = createEndpoint({
    identities,
    region: place.region,
    services: { s3: faultyS3(s3, injector), json: { transcribe: faultyTranscribe(transcribe, injector) } },
    log,
  });
  const endpoint = await listen(handler, options.endpointPort, "AWS endpoint");
  onClose(endpoint.close);

  return {
    endpoint: endpoint.url,
    sqs,
    objects: s3.objects,
    buckets: new Map(buckets.map(({ logicalId, name }) => [logicalId, name])),
    queues: new Map(queues.map(({ name, arn }) => [name, sqs.queue(arn)])),
    onEvent: (listener) => {
      take = listener;
    },
    begin: s3.sendTestEvent,
    notified: notifications.idle,
    async finished() {
      await transcribe.idle();
      await events.idle();
    },
  };
}
