import { type BusEvent, createEvents, defaultBusArn, type Events } from "../engines/events/bus.ts";
import { createFaultyDelivery } from "../engines/faults/delivery.ts";
import { faultyRecogniser } from "../engines/faults/recogniser.ts";
import { faultyS3 } from "../engines/faults/s3.ts";
import { faultyTranscribe } from "../engines/faults/transcribe.ts";
import { createS3 } from "../engines/s3/s3.ts";
import { createTopic } from "../engines/sns/topic.ts";
import type { Recogniser } from "../engines/speech/recogniser.ts";
import type { Queue } from "../engines/sqs/queue.ts";
import { createSqs, type Sqs } from "../engines/sqs/sqs.ts";
import { awsLimits } from "../engines/transcribe/limits.ts";
import { createTranscribe } from "../engines/transcribe/transcribe.ts";
import { createEndpoint } from "../gate/endpoint/endpoint.ts";
import { listen } from "../gate/listen.ts";
import { createTargets, type Message, type Targets } from "../gate/targets/targets.ts";
import type { ObjectStore } from "../gate/types.ts";
import { bucketParts } from "./parts/buckets.ts";
import { queueParts } from "./parts/queues.ts";
import { busParts, type RulePart, ruleParts } from "./parts/rules.ts";
import { topicParts } from "./parts/topics.ts";
import type { Run } from "./run.ts";

export interface Services {
  /** What goes into AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  readonly sqs: Sqs;
  readonly objects: ObjectStore;
  /** Names by logical id. */
  readonly buckets: ReadonlyMap<string, string>;
  /** By name. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** What services send to; the functions are added when they are there. */
  readonly targets: Targets;
  readonly events: Events;
  readonly rules: readonly RulePart[];
  /**
   * What the services do at a deployment, when everything else stands.
   *
   * @throws Error for what they refuse then.
   */
  begin(): void;
  /** Resolves when no notification is held back. */
  notified(): Promise<void>;
  /** Resolves when no job and no event is under way. */
  finished(): Promise<void>;
}

/** The queues, the topics, the buses, the buckets, Transcribe, and the address at which clients find them. */
export async function startServices(run: Run, recogniser: Recogniser): Promise<Services> {
  const { reading, place, gate, identities, injector, log, options, onClose } = run;
  const queues = queueParts(reading);
  const buckets = bucketParts(reading);
  const rules = ruleParts(reading);
  const sqs = createSqs({ queues, log });
  const targets = createTargets({ gate, accountId: place.accountId });
  for (const { arn } of queues)
    targets.add(arn, ({ body, ...more }, senderId) => sqs.queue(arn).send(body, senderId, more));
  for (const topic of topicParts(reading))
    targets.add(topic.arn, createTopic(topic, { targets, region: place.region, log }));
  const events = createEvents({ ...place, rules, targets, log });
  for (const arn of [defaultBusArn(place), ...busParts(reading)])
    targets.add(arn, ({ body }) => events.put(JSON.parse(body), arn));

  const notifications = createFaultyDelivery<{ readonly targetArn: string; readonly message: Message }>(
    {
      deliver({ targetArn, message }) {
        try {
          targets.deliver(targetArn, message, "s3.amazonaws.com");
        } catch (error) {
          log(`s3: a notification to ${targetArn} is lost: ${error}`);
        }
      },
      what: ({ targetArn }) => `s3: a notification to ${targetArn.split(":").at(-1)}`,
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
    send: (targetArn, message) => notifications.send({ targetArn, message }),
    putEvent: (event) => events.put(event),
    log,
  });
  onClose(s3.close);

  const serviceEvents = createFaultyDelivery<BusEvent>(
    {
      deliver: (event) => events.put(event),
      what: ({ detail }) => `events: ${Object.values(detail).join(" ")}`,
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
    publish: serviceEvents.send,
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
    targets,
    events,
    rules,
    begin: s3.sendTestEvent,
    notified: notifications.idle,
    async finished() {
      await transcribe.idle();
      await serviceEvents.idle();
    },
  };
}
