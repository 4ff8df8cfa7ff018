import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds. */
const patience = 10_000;
const interval = 10;

/**
 * @param most Milliseconds to wait.
 * @throws Error that says what did not come about in time.
 */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  most = patience,
): Promise<void> {
  const end = performance.now() + most;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`It did not come about that ${what}.`);
    await sleep(interval);
  }
}
