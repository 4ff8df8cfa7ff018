import { killAtRandom } from "../engines/faults/kill.ts";
import { createEventSourceMapping, type EventSourceMapping } from "../engines/sqs/event-source-mapping.ts";
import { checkDestinations, createDestinations } from "../lambda/destinations.ts";
import { createLambda } from "../lambda/lambda.ts";
import type { FunctionSpec, Lambda } from "../lambda/types.ts";
import { asyncParts } from "./parts/asynchronous.ts";
import { functionParts } from "./parts/functions.ts";
import { mappingParts } from "./parts/mappings.ts";
import type { Run } from "./run.ts";
import type { Services } from "./start-services.ts";

/** How many invocations may run at once: an account may do 1000, one machine hardly. */
const concurrency = 100;

export interface Functions {
  readonly functions: readonly FunctionSpec[];
  readonly lambda: Lambda;
  /** Resolves when nothing is under way: no message, no job, no event, no invocation. */
  idle(): Promise<void>;
}

/** The functions, and what invokes them but for the API: the queues' mappings and the rules. */
export async function startFunctions(run: Run, services: Services): Promise<Functions> {
  const { reading, code, place, gate, identities, injector, log, options, onClose } = run;
  const { waitFactor = 1, onFunctionLog, onReport } = options;
  const functions = functionParts(reading, code).map((part) => ({
    ...part,
    credentials: () => identities.issue(part.principal),
  }));
  const asynchronous = asyncParts(reading);
  const record = createDestinations({ targets: services.targets, log });
  const lambda = await createLambda({
    functions,
    gate,
    endpointUrl: services.endpoint,
    region: place.region,
    accountId: place.accountId,
    logs: (functionName, requestId, line) => {
      const key = functions.find(({ name }) => name === functionName)?.key ?? functionName;
      onFunctionLog?.(key, line, requestId);
    },
    log,
    waitFactor,
    concurrency,
    ...(onReport && { onReport }),
    killAfter: killAtRandom(injector),
    asyncLimits: new Map([...asynchronous].map(([arn, { limits }]) => [arn, limits])),
    onAsyncEnd(spec, end) {
      const destinations = asynchronous.get(spec.arn);
      if (destinations) record(spec, destinations, end);
    },
  });
  const mappings: EventSourceMapping[] = [];
  // Together: a batch that runs ends with its function, not when the function likes.
  onClose(() => Promise.all([lambda.close(), ...mappings.map((mapping) => mapping.close())]));
  onClose(injector.close);
  for (const { arn } of functions)
    services.targets.add(arn, ({ body }) => lambda.invokeAsync(arn, parsed(body)));

  for (const spec of functions) {
    const destinations = asynchronous.get(spec.arn);
    if (destinations) checkDestinations(spec, destinations, services.targets);
  }

  for (const { functionName, ...mapping } of mappingParts(reading)) {
    const target = functions.find(({ arn, name }) => arn === functionName || name === functionName);
    if (!target) throw new Error(`The function ${functionName} is not in the stack.`);
    mappings.push(
      createEventSourceMapping(
        { ...mapping, target },
        { sqs: services.sqs, gate, lambda, region: place.region, log, waitFactor },
      ),
    );
  }
  return {
    functions,
    lambda,
    async idle() {
      // Each may set the next one going: a message starts a job, a job's event invokes a function. One more time round
      // for what the last one set going.
      for (let round = 0, seen = -1; round < 2 || seen !== services.targets.delivered; round += 1) {
        seen = services.targets.delivered;
        await services.notified();
        for (const mapping of mappings) await mapping.drain();
        await services.finished();
        await lambda.drain();
      }
    },
  };
}

/** What is no JSON reaches a function as a text. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
