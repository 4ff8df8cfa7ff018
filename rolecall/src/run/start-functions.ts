import { createEventBus } from "../engines/events/bus.ts";
import { killAtRandom } from "../engines/faults/kill.ts";
import { createEventSourceMapping, type EventSourceMapping } from "../engines/sqs/event-source-mapping.ts";
import { createLambda } from "../lambda/lambda.ts";
import type { FunctionSpec, Lambda } from "../lambda/types.ts";
import { functionParts } from "./parts/functions.ts";
import { mappingParts } from "./parts/mappings.ts";
import { ruleParts } from "./parts/rules.ts";
import type { Run } from "./start.ts";
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
  const { reading, place, gate, identities, injector, log, options, onClose } = run;
  const { waitFactor = 1, onFunctionLog, onReport } = options;
  const functions = functionParts(reading, options.packaged).map((part) => ({
    ...part,
    credentials: () => identities.issue(part.principal),
  }));
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
  });
  const mappings: EventSourceMapping[] = [];
  // Together: a batch that runs ends with its function, not when the function likes.
  onClose(() => Promise.all([lambda.close(), ...mappings.map((mapping) => mapping.close())]));
  onClose(injector.close);
  services.onEvent(createEventBus({ ...place, gate, lambda, log, rules: ruleParts(reading) }));

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
      // Each may set the next one going: a message starts a job, a job's event invokes a function.
      await services.notified();
      for (const mapping of mappings) await mapping.drain();
      await services.finished();
      await lambda.drain();
    },
  };
}
