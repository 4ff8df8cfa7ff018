import { join } from "node:path";
import { readTemplate, resolveTemplate, resourcePolicies } from "@voice-notes/permissions";
import { developer } from "./developer.ts";
import { createEndpoint } from "./endpoint/endpoint.ts";
import { createEventBus } from "./events/bus.ts";
import { createGate } from "./gate.ts";
import { createHttpApi } from "./http-api/http-api.ts";
import { createSignerCheck } from "./http-api/signature.ts";
import { createIdentities } from "./identities.ts";
import { createLambda } from "./lambda/lambda.ts";
import { listen } from "./listen.ts";
import { createS3 } from "./s3/s3.ts";
import { findRecogniser } from "./speech/find-recogniser.ts";
import type { Recogniser } from "./speech/recogniser.ts";
import { createEventSourceMapping, type EventSourceMapping } from "./sqs/event-source-mapping.ts";
import type { Queue } from "./sqs/queue.ts";
import { createSqs } from "./sqs/sqs.ts";
import {
  apiPart,
  bucketParts,
  functionParts,
  mappingParts,
  queueParts,
  recordingsBucket,
  ruleParts,
} from "./stack-parts.ts";
import { createTranscribe } from "./transcribe/transcribe.ts";
import type { Credentials, Log, ObjectStore, TracedDecision } from "./types.ts";

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
  /** Told what happened that no function wrote. */
  readonly log?: Log;
  /** Told each line that a function wrote, and the invocation's request id; none while an instance initialises. */
  readonly onFunctionLog?: (functionKey: string, line: string, requestId: string | undefined) => void;
  /** Told each decision as it is taken. */
  readonly onDecision?: (decision: TracedDecision) => void;
}

export interface LocalAws {
  /** The API's base URL. */
  readonly api: string;
  /** What goes into AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  readonly region: string;
  /** The bucket that the recordings are in. */
  readonly bucket: string;
  /** Each function's role by the function's key in serverless.yml, and the developer, who may invoke the API. */
  readonly principals: Readonly<Record<string, Credentials>>;
  /** What hears. */
  readonly recogniser: string;
  /** The latest decisions, in order: every one of a short run. */
  readonly decisions: readonly TracedDecision[];
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
  const { packaged, stage, region, log = () => {}, waitFactor = 1 } = options;
  const template = await readTemplate(join(packaged, "cloudformation-template-update-stack.json"));
  const place = { accountId, region, partition };
  const stack = resolveTemplate(template, { ...place, stackName: `local-${stage}` });

  const decisions: TracedDecision[] = [];
  const gate = createGate({
    ...place,
    resourcePolicies: resourcePolicies(stack),
    trace: (decision) => {
      decisions.push(decision);
      // Rarely and many at once, because taking from the front moves all the others.
      if (decisions.length >= 2 * decisionsKept) decisions.splice(0, decisionsKept);
      options.onDecision?.(decision);
    },
  });
  const identities = createIdentities();
  const recogniser = options.recogniser ?? (await findRecogniser());
  const cleanUp: (() => unknown)[] = [];
  const close = async () => {
    // Whoever calls others ends before them.
    for (const end of cleanUp.splice(0).reverse()) await end();
  };

  try {
    const sqs = createSqs({ queues: queueParts(stack), log });
    const s3 = createS3({
      ...place,
      identities,
      gate,
      buckets: bucketParts(stack),
      send: (queueArn, body) => sqs.queue(queueArn).send(body, "s3.amazonaws.com"),
      log,
    });
    let publish: ReturnType<typeof createEventBus> = () => {};
    const transcribe = createTranscribe({
      ...place,
      gate,
      objects: s3.objects,
      publish: (event) => publish(event),
      recogniser,
      log,
      ...(options.jobDurations && { durations: options.jobDurations }),
    });
    cleanUp.push(() => transcribe.close());
    const endpoint = await listen(
      createEndpoint({ identities, region, services: { s3, json: { transcribe } }, log }),
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
    });
    const mappings: EventSourceMapping[] = [];
    // Together: a batch that runs ends with its function, not when the function likes.
    cleanUp.push(() => Promise.all([lambda.close(), ...mappings.map((mapping) => mapping.close())]));
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
    return {
      api: api.url,
      endpoint: endpoint.url,
      region,
      bucket: recordingsBucket(stack),
      principals: Object.fromEntries(
        principals.map((principal) => [principal.name, identities.issue(principal)]),
      ),
      recogniser: recogniser.name,
      decisions,
      objects: s3.objects,
      queues: new Map(queueParts(stack).map(({ name, arn }) => [name, sqs.queue(arn)])),
      async idle() {
        // Each may set the next one going: a message starts a job, a job's event invokes a function.
        for (const mapping of mappings) await mapping.drain();
        await transcribe.idle();
        await lambda.drain();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
