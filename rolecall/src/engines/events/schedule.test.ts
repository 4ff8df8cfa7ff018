import { describe, expect, it } from "vitest";
import { atEachTime, nextTime } from "./schedule.ts";

const since = new Date("2026-11-24T12:00:00Z");
const next = (expression: string, more: object = {}, after = since) =>
  nextTime({ expression, ...more }, after, since)
    ?.toISOString()
    .slice(0, 19);

describe("a schedule", () => {
  it.each([
    ["rate(5 minutes)", "2026-11-24T12:05:00"],
    ["rate(1 hour)", "2026-11-24T13:00:00"],
    ["rate(7 days)", "2026-12-01T12:00:00"],
    ["cron(0 10 * * ? *)", "2026-11-25T10:00:00"],
    ["cron(15 12 ? * 2 *)", "2026-11-30T12:15:00"],
    ["cron(0/15 * * * ? *)", "2026-11-24T12:15:00"],
    ["cron(0/5 8-17 ? * MON-FRI *)", "2026-11-24T12:05:00"],
    ["cron(0 9 ? * 6#1 *)", "2026-12-04T09:00:00"],
    ["cron(0 9 L * ? *)", "2026-11-30T09:00:00"],
    ["cron(0 9 3W * ? *)", "2026-12-03T09:00:00"],
    ["cron(0 9 ? * 6L *)", "2026-11-27T09:00:00"],
    ["cron(0 9 * * ? 2027-2028)", "2027-01-01T09:00:00"],
    ["cron(0 9 * * ? 2025)", undefined],
    ["at(2027-01-01T08:00:00)", "2027-01-01T08:00:00"],
    ["at(2025-01-01T08:00:00)", undefined],
  ])("%s comes next at %s", (expression, time) => {
    expect(next(expression)).toBe(time);
  });

  it("counts a rate from when it was made", () => {
    expect(next("rate(5 minutes)", {}, new Date("2026-11-24T12:05:00Z"))).toBe("2026-11-24T12:10:00");
  });

  it("has its hours where its time zone is, also when the clocks change", () => {
    const timezone = "Europe/Berlin";
    expect(next("cron(0 8 * * ? *)", { timezone })).toBe("2026-11-25T07:00:00");
    expect(next("cron(0 8 * * ? *)", { timezone }, new Date("2027-06-01T12:00:00Z"))).toBe(
      "2027-06-02T06:00:00",
    );
    expect(next("at(2027-01-01T08:00:00)", { timezone })).toBe("2027-01-01T07:00:00");
  });

  it("comes neither before its start nor after its end", () => {
    const start = new Date("2026-12-01T00:00:00Z");
    expect(next("cron(0 8 * * ? *)", { start })).toBe("2026-12-01T08:00:00");
    expect(next("cron(0 8 * * ? *)", { end: new Date("2026-11-25T07:00:00Z") })).toBeUndefined();
  });

  it.each([
    "every day",
    "rate(0 minutes)",
    "rate(5 seconds)",
    "cron(0 10 * * * *)",
    "cron(0 10 * * ?)",
    "cron(61 * * * ? *)",
  ])("%s is refused", (expression) => {
    expect(() => next(expression)).toThrow("Parameter ScheduleExpression is not valid");
  });

  it("runs at its time, until it is ended", async () => {
    const closing = new AbortController();
    let runs = 0;
    const at = new Date(Date.now() + 1500).toISOString().slice(0, 19);

    await atEachTime(
      { expression: `at(${at})` },
      () => {
        runs += 1;
      },
      closing.signal,
    );
    expect(runs).toBe(1);

    const ended = atEachTime(
      { expression: "rate(1 minute)" },
      () => {
        runs += 1;
      },
      closing.signal,
    );
    closing.abort();
    await ended;
    expect(runs).toBe(1);
  });
});
