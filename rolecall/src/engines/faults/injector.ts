import { randomInt } from "node:crypto";
import { type FaultName, type Faults, requireValid } from "./faults.ts";
import { randomStream } from "./random.ts";

export interface InjectedFault {
  readonly fault: FaultName;
  /** What was done to what, in a few words. */
  readonly what: string;
}

/** Decides by lot what goes wrong, and keeps count of it. */
export interface Injector {
  readonly seed: number;
  /** How often each fault happened so far. */
  readonly counts: ReadonlyMap<FaultName, number>;
  /** Milliseconds that a slow answer is late at most. */
  readonly slowMs: number;
  /**
   * Decides whether the next thing at a place meets a fault. Each fault draws its own numbers at each place: the
   * same seed gives the same decisions there, whatever happens elsewhere and whichever other faults there are.
   *
   * @returns undefined when all goes well, otherwise a number from 0 up to 1 that decides how it goes wrong.
   */
  next(fault: FaultName, place: string): number | undefined;
  /** Counts a fault that happens, and tells of it. */
  happened(fault: FaultName, what: string): void;
  /** Waits, no longer than until the run ends. */
  wait(milliseconds: number): Promise<void>;
  /** Ends every wait; nothing that was late comes any more. */
  close(): void;
  readonly closed: boolean;
}

/** @throws Error for a rate or a seed that is out of its range. */
export function createInjector(
  faults: Faults,
  onFault: (injected: InjectedFault) => void = () => {},
): Injector {
  requireValid(faults);
  const { seed = randomInt(2 ** 32), "slow-ms": slowMs = 1000 } = faults;
  const streams = new Map<string, () => number>();
  const counts = new Map<FaultName, number>();
  const waits = new Set<() => void>();
  let closed = false;

  function streamOf(name: string): () => number {
    const stream = streams.get(name) ?? randomStream(seed, name);
    streams.set(name, stream);
    return stream;
  }

  return {
    seed,
    counts,
    slowMs,
    next(fault, place) {
      const rate = faults[fault] ?? 0;
      if (rate === 0) return undefined;
      const drawn = streamOf(`${fault} ${place}`)();
      // What is below the rate is spread evenly again over 0 to 1.
      return drawn < rate ? drawn / rate : undefined;
    },
    happened(fault, what) {
      counts.set(fault, (counts.get(fault) ?? 0) + 1);
      onFault({ fault, what });
    },
    wait(milliseconds) {
      if (closed) return Promise.resolve();
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          waits.delete(end);
          resolve();
        };
        const timer = setTimeout(end, milliseconds);
        waits.add(end);
      });
    },
    close() {
      closed = true;
      for (const end of waits) end();
    },
    get closed() {
      return closed;
    },
  };
}
