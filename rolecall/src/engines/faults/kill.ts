import type { Injector } from "./injector.ts";

/** Milliseconds after its event came: about as long as a handler of a few calls takes here. */
const longestLife = 30;

/**
 * Decides for each invocation whether its process is killed.
 *
 * @returns for a function's name, the milliseconds after which its process is killed; undefined leaves it alone.
 */
export function killAtRandom(injector: Injector): (functionName: string) => number | undefined {
  return (functionName) => {
    const how = injector.next("kill", functionName);
    if (how === undefined) return undefined;
    const milliseconds = Math.floor(how * longestLife);
    injector.happened(
      "kill",
      `lambda: ${functionName} is killed after ${milliseconds} ms, unless it has ended`,
    );
    return milliseconds;
  };
}
