import { setTimeout as sleep } from "node:timers/promises";
import { Cron } from "croner";

export interface Timing {
  /** `rate(5 minutes)`, `cron(0 8 ? * MON *)` or `at(2027-01-01T08:00:00)`. */
  readonly expression: string;
  /** Where the hours of `cron` and `at` are, e.g. `Europe/Berlin`; UTC by default. */
  readonly timezone?: string | undefined;
  /** Nothing happens before and after. */
  readonly start?: Date | undefined;
  readonly end?: Date | undefined;
}

const units = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/**
 * When a schedule comes next.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 *
 * @param since when the schedule was made: a rate is counted from there, or from its start
 * @returns undefined when it does not come any more
 * @throws Error in the words of Amazon EventBridge for an expression that is none
 */
export function nextTime(timing: Timing, after: Date, since: Date): Date | undefined {
  const { start, end } = timing;
  const [, kind, inner = ""] = /^(rate|cron|at)\(\s*(.*?)\s*\)$/.exec(timing.expression) ?? [];
  const notBefore = start !== undefined && start > after ? new Date(start.getTime() - 1) : after;
  const next =
    kind === "rate"
      ? nextOfRate(inner, notBefore, start ?? since)
      : kind === undefined
        ? invalid(timing.expression)
        : nextOfClock(kind === "cron" ? cronPattern(inner) : inner, timing, notBefore);
  return next !== undefined && end !== undefined && next > end ? undefined : next;
}

function invalid(expression: string): never {
  throw new Error(`Parameter ScheduleExpression is not valid: ${expression}`);
}

function nextOfRate(inner: string, after: Date, since: Date): Date {
  const [, count = "", unit = ""] = /^(\d+)\s+(minute|hour|day)s?$/.exec(inner) ?? [];
  const period = Number(count) * (units[unit as keyof typeof units] ?? 0);
  if (!(period > 0)) return invalid(`rate(${inner})`);
  const passed = Math.floor((after.getTime() - since.getTime()) / period);
  return new Date(since.getTime() + Math.max(passed + 1, 1) * period);
}

/** AWS has no seconds, and a `?` where the other of the two kinds of days decides. */
function cronPattern(inner: string): string {
  const fields = inner.split(/\s+/);
  const isQuestion = [fields[2], fields[4]].filter((field) => field === "?").length;
  if (fields.length !== 6 || isQuestion !== 1) return invalid(`cron(${inner})`);
  return ["0", ...fields.map((field) => (field === "?" ? "*" : field))].join(" ");
}

function nextOfClock(
  pattern: string,
  { expression, timezone = "UTC" }: Timing,
  after: Date,
): Date | undefined {
  try {
    // As Amazon EventBridge counts: Sunday is 1, and `0/15` is every fifteenth from 0 on.
    const cron = new Cron(pattern, { paused: true, timezone, alternativeWeekdays: true, sloppyRanges: true });
    return cron.nextRun(after) ?? undefined;
  } catch {
    return invalid(expression);
  }
}

/** Calls back at each time of a schedule, until it is aborted. */
export async function atEachTime(timing: Timing, run: () => void, signal: AbortSignal): Promise<void> {
  const since = new Date();
  let next = nextTime(timing, since, since);
  while (next !== undefined && !signal.aborted) {
    // A timer takes no more than 2^31 milliseconds.
    const wait = Math.min(next.getTime() - Date.now(), 2 ** 31 - 1);
    if (wait > 0) {
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {});
      continue;
    }
    run();
    next = nextTime(timing, next, since);
  }
}
