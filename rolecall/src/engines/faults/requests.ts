import type { Injector } from "./injector.ts";

/** A request on its way to a service. */
export interface FaultableRequest<Answer> {
  /** Where it is decided what goes wrong: the service and what is asked of it. */
  readonly place: string;
  /** For the log. */
  readonly what: string;
  /** Whether it may change something. */
  readonly changes: boolean;
  serve(): Promise<Answer>;
  /** Takes in what is left of a request that is not served, so that its sender reads the answer. */
  discard(): Promise<void>;
  /** @param how From 0 up to 1: which of the service's words. */
  throttled(how: number): Answer;
  serverError(): Answer;
}

/**
 * Serves a request, unless it is to be throttled or to fail; late, if it is to be slow.
 *
 * Nobody knows of a request that ended in a server error whether it was carried out, so about half of those that change
 * something are.
 */
export async function serveWithFaults<Answer>(
  request: FaultableRequest<Answer>,
  injector: Injector,
): Promise<Answer> {
  const { place, what } = request;
  // All are drawn for every request, so that none of them shifts another.
  const throttle = injector.next("throttle", place);
  const error = injector.next("errors", place);
  const slow = injector.next("slow", place);

  const answer = await outcome();
  if (slow !== undefined) {
    const late = Math.ceil(slow * injector.slowMs);
    injector.happened("slow", `${what} is answered ${late} ms late`);
    await injector.wait(late);
  }
  return answer;

  async function outcome(): Promise<Answer> {
    if (throttle !== undefined) {
      injector.happened("throttle", `${what} is refused`);
      await request.discard();
      return request.throttled(throttle);
    }
    if (error !== undefined) {
      const isServed = request.changes && error < 0.5;
      injector.happened(
        "errors",
        `${what} ${isServed ? "is carried out, and answered with" : "is answered with"} an error`,
      );
      await (isServed ? request.serve() : request.discard());
      return request.serverError();
    }
    return request.serve();
  }
}
