import type { Log } from "../../gate/types.ts";
import type { Injector } from "./injector.ts";

/** Milliseconds, and how many later messages: whichever is over first lets a message go that was held back. */
const longestHold = { milliseconds: 300, overtaking: 5 };

export interface DeliveryOptions<Message> {
  deliver(message: Message): void;
  /** For the log: what is delivered. */
  what(message: Message): string;
  /** Where it is decided what goes wrong. */
  readonly place: string;
  /** Whether messages may be lost; otherwise each comes at least once. */
  readonly isBestEffort: boolean;
  readonly log: Log;
}

export interface Delivery<Message> {
  send(message: Message): void;
  /** Resolves when no message is held back. */
  idle(): Promise<void>;
}

/**
 * Delivers messages as queues and buses may: some twice, some after others that were sent later, and some never, where
 * that is allowed. What is still held back when the run ends is dropped.
 */
export function createFaultyDelivery<Message>(
  { deliver, what, place, isBestEffort, log }: DeliveryOptions<Message>,
  injector: Injector,
): Delivery<Message> {
  const held = new Set<{ overtaking: number; readonly letGo: () => void }>();
  const late = new Set<Promise<void>>();

  function pass(message: Message): void {
    deliver(message);
    for (const other of held) {
      other.overtaking -= 1;
      if (other.overtaking === 0) other.letGo();
    }
  }

  /** @param how From 0 up to 1: how many others overtake the message. */
  function holdBack(message: Message, how: number): void {
    const { promise: overtaken, resolve: letGo } = Promise.withResolvers<void>();
    const place = { overtaking: 1 + Math.floor(how * longestHold.overtaking), letGo };
    held.add(place);
    const delivered: Promise<void> = Promise.race([overtaken, injector.wait(longestHold.milliseconds)])
      .then(() => {
        held.delete(place);
        if (!injector.closed) pass(message);
      })
      .catch((error: unknown) => log(`${what(message)} is lost: ${error}`))
      .finally(() => late.delete(delivered));
    late.add(delivered);
  }

  return {
    send(message) {
      // All are drawn for every message, so that none of them shifts another.
      const lost = isBestEffort ? injector.next("lose-events", place) : undefined;
      const duplicate = injector.next("duplicate", place);
      const reorder = injector.next("reorder", place);
      if (lost !== undefined) {
        injector.happened("lose-events", `${what(message)} is lost`);
        return;
      }
      if (duplicate !== undefined) {
        injector.happened("duplicate", `${what(message)} comes twice`);
        holdBack(message, duplicate);
      }
      if (reorder === undefined) return pass(message);
      injector.happened("reorder", `${what(message)} is held back`);
      holdBack(message, reorder);
    },
    async idle() {
      while (late.size > 0) await Promise.all(late);
    },
  };
}
