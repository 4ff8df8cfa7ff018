import { throttled } from "./errors.ts";

/**
 * Counts the calls of the last second.
 *
 * @param perSecond how many a second may hold; undefined for any number
 * @returns admits one call, or throws {ServiceError} ThrottlingException
 */
export function throttle(perSecond: number | undefined, clock: () => Date): () => void {
  if (perSecond === undefined) return () => {};
  let admitted: number[] = [];
  return () => {
    const now = clock().getTime();
    admitted = admitted.filter((time) => now - time < 1000);
    if (admitted.length >= perSecond) throw throttled();
    admitted.push(now);
  };
}
