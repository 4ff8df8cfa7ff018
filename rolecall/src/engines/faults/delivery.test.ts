import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createFaultyDelivery } from "./delivery.ts";
import type { Faults } from "./faults.ts";
import { createInjector } from "./injector.ts";

function delivery(faults: Faults, { isBestEffort = false, deliver = (_: number) => {} } = {}) {
  const delivered: number[] = [];
  const log: string[] = [];
  const injector = createInjector(faults);
  const { send, idle } = createFaultyDelivery<number>(
    {
      deliver: (message) => {
        deliver(message);
        delivered.push(message);
      },
      what: (message) => `message ${message}`,
      place: "test",
      isBestEffort,
      log: (line) => log.push(line),
    },
    injector,
  );
  return { send, idle, delivered, injector, log };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const rates = fc.double({ min: 0, max: 1, noNaN: true });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("messages", () => {
  it("without faults come at once, in order, each once", () => {
    const { send, delivered } = delivery({});

    numbers(20).forEach(send);

    expect(delivered).toEqual(numbers(20));
  });

  it("that must not be lost come at least once and at most twice, whatever the rates", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        rates,
        rates,
        fc.nat({ max: 30 }),
        async (seed, duplicate, reorder, count) => {
          const faults = { seed, duplicate, reorder, "lose-events": 1 };
          const { send, idle, delivered, injector } = delivery(faults);
          numbers(count).forEach(send);
          await vi.advanceTimersByTimeAsync(300);
          await idle();
          expect([...new Set(delivered)].sort((a, b) => a - b)).toEqual(numbers(count));
          expect(delivered).toHaveLength(count + (injector.counts.get("duplicate") ?? 0));
        },
      ),
    );
  });
});

describe("messages that are held back", () => {
  it("come after others that were sent later", async () => {
    const { send, idle, delivered, injector } = delivery({ seed: 5, reorder: 0.3 });

    for (const message of numbers(50)) {
      send(message);
      await Promise.resolve();
    }
    await vi.advanceTimersByTimeAsync(300);
    await idle();

    expect(delivered).not.toEqual(numbers(50));
    expect(delivered.toSorted((a, b) => a - b)).toEqual(numbers(50));
    expect(injector.counts.get("reorder")).toBeGreaterThan(5);
  });

  it("come after 300 milliseconds when no other does, and idle waits for them", async () => {
    const { send, idle, delivered } = delivery({ reorder: 1 });
    const isIdle = vi.fn();

    send(1);
    void idle().then(isIdle);
    await vi.advanceTimersByTimeAsync(299);
    expect(delivered).toEqual([]);
    expect(isIdle).not.toHaveBeenCalled();

    await vi.advanceTimersByTimeAsync(1);
    expect(delivered).toEqual([1]);
    expect(isIdle).toHaveBeenCalled();
  });

  it("are dropped when the run ends", async () => {
    const { send, idle, delivered, injector } = delivery({ reorder: 1 });

    send(1);
    injector.close();
    await idle();

    expect(delivered).toEqual([]);
  });

  it("that cannot be delivered any more break nothing, and the log says so", async () => {
    const deliver = () => {
      throw new Error("no queue");
    };
    const { send, idle, log } = delivery({ reorder: 1 }, { deliver });

    send(1);
    await vi.advanceTimersByTimeAsync(300);
    await idle();

    expect(log).toEqual(["message 1 is lost: Error: no queue"]);
  });
});

describe("best effort", () => {
  it("loses what it is asked to lose, and the rest comes", () => {
    const { send, delivered, injector } = delivery({ seed: 3, "lose-events": 0.4 }, { isBestEffort: true });

    numbers(1000).forEach(send);

    const lost = injector.counts.get("lose-events") ?? 0;
    expect(delivered).toHaveLength(1000 - lost);
    expect(lost).toBeGreaterThan(340);
    expect(lost).toBeLessThan(460);
  });
});
