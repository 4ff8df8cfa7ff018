import { join } from "node:path";
import { createEventBus } from "../engines/events/bus.ts";
import { createFaultyDelivery } from "../engines/faults/delivery.ts";
import type { FaultName, Faults } from "../engines/faults/faults.ts";
import { createInjector, type InjectedFault } from "../engines/faults/injector.ts";
import { killAtRandom } from "../engines/faults/kill.ts";
import { faultyRecogniser } from "../engines/faults/recogniser.ts";
import { faultyS3 } from "../engines/faults/s3.ts";
import { faultyTranscribe } from "../engines/faults/transcribe.ts";
import { createS3 } from "../engines/s3/s3.ts";
import { findRecogniser } from "../engines/speech/find-recogniser.ts";
import type { Recogniser } from "../engines/speech/recogniser.ts";
import { createEventSourceMapping, type EventSourceMapping } from "../engines/sqs/event-source-mapping.ts";
import type { Queue } from "../engines/sqs/queue.ts";
import { createSqs } from "../engines/sqs/sqs.ts";
import { awsLimits, type TranscribeLimits } from "../engines/transcribe/limits.ts";
import { createTranscribe, type TranscribeEvent } from "../engines/transcribe/transcribe.ts";
import { createEndpoint } from "../gate/endpoint/endpoint.ts";
import { createGate } from "../gate/gate.ts";
import { createIdentities } from "../gate/identities.ts";
import { listen } from "../gate/listen.ts";
import type {
  Credentials,
  Gate,
  Log,
  ObjectStore,
  PoliciesInForce,
  Principal,
  Question,
  TracedDecision,
} from "../gate/types.ts";
import { type Decision, readTemplate, resolveTemplate, resourcePolicies, type Stack } from "../index.ts";
import { createHttpApi } from "../lambda/http/http-api.ts";
import { createSignerCheck } from "../lambda/http/signature.ts";
import { createLambda } from "../lambda/lambda.ts";
import type { InvocationReport } from "../lambda/types.ts";
import { developer } from "./developer.ts";
import {
  apiPart,
  bucketParts,
  functionParts,
  mappingParts,
  queueParts,
  recordingsBucket,
  requireRunnable,
  ruleParts,
} from "./stack-parts.ts";

/** The account that the local run pretends to be: the one of AWS's own examples. */
const accountId = "123456789012";
const partition = "aws";

/** At least; a run that goes on for days must not fill the memory with them. */
const decisionsKept = 100_000;

/** How many invocations may run at once: an account may do 1000, one machine hardly. */
const concurrency = 100;

export interface StartOptions {
  /** The folder that `packageService` returned. */
  readonly packaged: string;
  readonly stage: string;
  readonly region: string;
  /** A free one when it is 0 or absent. */
  readonly apiPort?: number;
  /** A free one when it is 0 or absent. */
  readonly endpointPort?: number;
  /** Hears the media of transcription jobs; what `findRecogniser` finds on this machine by default. */
  readonly recogniser?: Recogniser;
  /** Milliseconds that a job spends in each state, at least. */
  readonly jobDurations?: { readonly queued: number; readonly inProgress: number };
  /** Multiplies every wait after a failure, of messages and of Lambda's retries: 1 (the default) waits as long as AWS. */
  readonly waitFactor?: number;
  /** What goes wrong, how often and by which seed; nothing by default. */
  readonly faults?: Faults;
  /** Transcribe's quotas: none by default, AWS's own when true or where some are given and others left out. */
  readonly transcribeLimits?: boolean | TranscribeLimits;
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
  /** The API's base URL. */
  readonly api: string;
  /** What goes into AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  readonly accountId: string;
  readonly region: string;
  /** The bucket that the recordings are in. */
  readonly bucket: string;
  /** The template as it is deployed here. */
  readonly stack: Stack;
  /** Each function's role by the function's key in serverless.yml, and the developer, who may invoke the API. */
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
  /** Resolves when nothing is under way: no message, no job, no event, no invocation. */
  idle(): Promise<void>;
  /** Ends every process and server, and removes every temporary file. */
  close(): Promise<void>;
}

/**
 * Runs a packaged template on 127.0.0.1.
 *
 * @throws Error for what the local run does not know, for what AWS would refuse at deployment, and for a port that is
 * taken; nothing is left behind then.
 */
export async function startLocalAws(options: StartOptions): Promise<LocalAws> {
  const { packaged, stage, region, log = () => {}, waitFactor = 1, transcribeLimits } = options;
  const template = await readTemplate(join(packaged, "cloudformation-template-update-stack.json"));
  const place = { accountId, region, partition };
  const stack = resolveTemplate(template, { ...place, stackName: `local-${stage}` });
  requireRunnable(stack);

  const decisions: TracedDecision[] = [];
  const policies: PoliciesInForce = { identity: new Map(), resource: new Map(resourcePolicies(stack)) };
  const gate = createGate({
    ...place,
    resourcePolicies: policies.resource,
    identityPolicies: policies.identity,
    trace: (decision) => {
      decisions.push(decision);
      // Rarely and many at once, because taking from the front moves all the others.
      if (decisions.length >= 2 * decisionsKept) decisions.splice(0, decisionsKept);
      options.onDecision?.(decision);
    },
  });
  const identities = createIdentities();
  const injector = createInjector(options.faults ?? {}, options.onFault);
  const recogniser = options.recogniser ?? (await findRecogniser());
  const cleanUp: (() => unknown)[] = [];
  const close = async () => {
    // Whoever calls others ends before them.
    for (const end of cleanUp.splice(0).reverse()) await end();
  };

  try {
    const sqs = createSqs({ queues: queueParts(stack), log });
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
      buckets: bucketParts(stack),
      send: (queueArn, body) => notifications.send({ queue: sqs.queue(queueArn), body }),
      log,
    });
    cleanUp.push(s3.close);
    let publish: ReturnType<typeof createEventBus> = () => {};
    const events = createFaultyDelivery<TranscribeEvent>(
      {
        deliver: (event) => publish(event),
        what: ({ detail }) => `events: ${detail.TranscriptionJobName} ${detail.TranscriptionJobStatus}`,
        place: "events",
        isBestEffort: true,
        log,
      },
      injector,
    );
    const transcribe = createTranscribe({
      ...place,
      gate,
      objects: s3.objects,
      publish: events.send,
      recogniser: faultyRecogniser(recogniser, injector),
      log,
      ...(options.jobDurations && { durations: options.jobDurations }),
      ...(transcribeLimits && {
        limits: { ...awsLimits, ...(transcribeLimits === true ? {} : transcribeLimits) },
      }),
    });
    cleanUp.push(() => transcribe.close());
    const endpoint = await listen(
      createEndpoint({
        identities,
        region,
        services: {
          s3: faultyS3(s3, injector),
          json: { transcribe: faultyTranscribe(transcribe, injector) },
        },
        log,
      }),
      options.endpointPort,
      "AWS endpoint",
    );
    cleanUp.push(endpoint.close);

    const functions = functionParts(stack, packaged).map((part) => ({
      ...part,
      credentials: () => identities.issue(part.principal),
    }));
    const lambda = await createLambda({
      functions,
      gate,
      endpointUrl: endpoint.url,
      region,
      accountId,
      logs: (functionName, requestId, line) => {
        const key = functions.find(({ name }) => name === functionName)?.key ?? functionName;
        options.onFunctionLog?.(key, line, requestId);
      },
      log,
      waitFactor,
      concurrency,
      ...(options.onReport && { onReport: options.onReport }),
      killAfter: killAtRandom(injector),
    });
    const mappings: EventSourceMapping[] = [];
    // Together: a batch that runs ends with its function, not when the function likes.
    cleanUp.push(() => Promise.all([lambda.close(), ...mappings.map((mapping) => mapping.close())]));
    cleanUp.push(injector.close);
    publish = createEventBus({ ...place, gate, lambda, log, rules: ruleParts(stack) });

    for (const { functionArn, ...mapping } of mappingParts(stack)) {
      const target = functions.find(({ arn }) => arn === functionArn);
      if (!target) throw new Error(`The function ${functionArn} is not in the stack.`);
      mappings.push(
        createEventSourceMapping({ ...mapping, target }, { sqs, gate, lambda, region, log, waitFactor }),
      );
    }
    // As S3 does when the notification is set up: it checks that it may send, and sends its test message.
    s3.sendTestEvent();

    const { apiId, routes } = apiPart(stack);
    const api = await listen(
      createHttpApi({
        ...place,
        apiId,
        routes,
        verify: createSignerCheck({ identities, region, log }),
        gate,
        lambda,
        log,
      }),
      options.apiPort,
      "HTTP API",
    );
    cleanUp.push(api.close);

    const principals = [developer(apiId, place), ...functions.map(({ principal }) => principal)];
    for (const { name, policies: own } of principals) policies.identity.set(name, own);
    return {
      api: api.url,
      endpoint: endpoint.url,
      accountId,
      region,
      bucket: recordingsBucket(stack),
      stack,
      principals: Object.fromEntries(
        principals.map((principal) => [principal.name, identities.issue(principal)]),
      ),
      recogniser: recogniser.name,
      faults: injector,
      decisions,
      policies,
      ask: (who, question) => askAs(who, question, { principals, gate }),
      objects: s3.objects,
      queues: new Map(queueParts(stack).map(({ name, arn }) => [name, sqs.queue(arn)])),
      async idle() {
        // Each may set the next one going: a message starts a job, a job's event invokes a function.
        await notifications.idle();
        for (const mapping of mappings) await mapping.drain();
        await transcribe.idle();
        await events.idle();
        await lambda.drain();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function askAs(
  who: string,
  question: Question,
  { principals, gate }: { readonly principals: readonly Principal[]; readonly gate: Gate },
): Decision {
  const principal = principals.find(({ name }) => name === who);
  if (principal) return gate.authorize(principal, question);
  if (/^[\w-]+\.amazonaws\.com(\.cn)?$/.test(who)) return gate.authorizeService(who, question);
  const known = principals.map(({ name }) => name).join(", ");
  throw new Error(
    `${who} is nobody here: ask as an AWS service, e.g. s3.amazonaws.com, or as one of ${known}.`,
  );
}
