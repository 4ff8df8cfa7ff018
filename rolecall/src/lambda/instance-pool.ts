import { availableParallelism } from "node:os";
import type { Instance } from "./instance.ts";
import { type FunctionSpec, LambdaServiceError } from "./types.ts";

export interface InstancePoolOptions {
  /** Makes an instance that has not initialised yet. */
  readonly create: (spec: FunctionSpec) => Instance;
  /** How many initialise at a time; as many as there are processors by default. */
  readonly startsAtOnce?: number;
}

export interface InstancePool {
  /**
   * A warm instance; where there is none, the first that is ready: a new one, or one that another invocation gave back.
   *
   * @throws LambdaServiceError when the pool is closed first
   */
  take(spec: FunctionSpec): Promise<Instance>;
  /** Takes an instance back, to be taken again while it lives. */
  giveBack(spec: FunctionSpec, instance: Instance): void;
  /** Ends every instance. */
  close(): Promise<void>;
}

interface Waiter {
  readonly spec: FunctionSpec;
  readonly resolve: (instance: Instance) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The instances of all functions. Lambda starts as many at once as there are calls; here each is a process, and a hundred
 * that start at once take the processor from each other until none is ready in time.
 */
export function createInstancePool({
  create,
  startsAtOnce = availableParallelism(),
}: InstancePoolOptions): InstancePool {
  const instances = new Set<Instance>();
  const warm = new Map<FunctionSpec, Instance[]>();
  /** In the order in which they came. */
  const waiters = new Set<Waiter>();
  let starting = 0;
  let closed = false;

  function takeWarm(spec: FunctionSpec): Instance | undefined {
    const free = warm.get(spec);
    for (let instance = free?.pop(); instance !== undefined; instance = free?.pop()) {
      // Lambda, too, retires an environment before its credentials end.
      const lastAnswer = Date.now() + spec.timeout * 1000;
      if (instance.alive && instance.credentialsExpire.getTime() > lastAnswer) return instance;
      instances.delete(instance);
      void instance.end();
    }
    return undefined;
  }

  /** Gives each invocation that waits what has become free, or starts an instance for it. */
  function serve(): void {
    for (const waiter of waiters) {
      const instance = takeWarm(waiter.spec);
      if (instance === undefined && starting >= startsAtOnce) continue;
      waiters.delete(waiter);
      if (instance !== undefined) waiter.resolve(instance);
      else void start(waiter);
    }
  }

  async function start({ spec, resolve, reject }: Waiter): Promise<void> {
    starting += 1;
    try {
      const instance = create(spec);
      instances.add(instance);
      await instance.start();
      resolve(instance);
    } catch (error) {
      reject(error as Error);
    } finally {
      starting -= 1;
      serve();
    }
  }

  return {
    take: (spec) =>
      new Promise((resolve, reject) => {
        if (closed) reject(isClosed());
        else waiters.add({ spec, resolve, reject });
        serve();
      }),
    giveBack: (spec, instance) => {
      if (!instance.alive) instances.delete(instance);
      else if (warm.get(spec)?.push(instance) === undefined) warm.set(spec, [instance]);
      serve();
    },
    close: async () => {
      closed = true;
      for (const { reject } of waiters) reject(isClosed());
      waiters.clear();
      await Promise.all([...instances].map((instance) => instance.end()));
    },
  };
}

const isClosed = () => new LambdaServiceError("ServiceException", "The local Lambda is closed");
