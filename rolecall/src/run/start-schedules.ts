import { randomUUID } from "node:crypto";
import { atEachTime, nextTime, type Timing } from "../engines/events/schedule.ts";
import type { Principal } from "../gate/types.ts";
import type { SchedulePart } from "./parts/schedules.ts";
import { scheduleParts } from "./parts/schedules.ts";
import type { Run } from "./run.ts";
import type { Services } from "./start-services.ts";

/** A rule or a schedule that runs at its times, or when it is told to. */
export interface LocalSchedule {
  readonly logicalId: string;
  readonly name: string;
  /** `rate(…)`, `cron(…)` or `at(…)`. */
  readonly expression: string;
  /** When it comes next; absent when it does not come any more. */
  readonly next?: Date;
}

export interface Schedules {
  readonly schedules: readonly LocalSchedule[];
  /** The roles that schedules send with. */
  readonly principals: readonly Principal[];
  /**
   * Sets one off now.
   *
   * @param name Its name or its logical id.
   * @throws Error that names those that there are.
   */
  invoke(name: string): void;
}

interface Clockwork extends Timing {
  readonly logicalId: string;
  readonly name: string;
  run(): void;
}

/** The rules and schedules of the stack that have a time. They run at it only where `options.schedules` says so. */
export function startSchedules(run: Run, services: Services): Schedules {
  const { reading, options, onClose } = run;
  const parts = scheduleParts(reading);
  const all: Clockwork[] = [
    ...services.rules.flatMap(({ schedule, logicalId, name, arn }) =>
      schedule === undefined
        ? []
        : { logicalId, name, expression: schedule, run: () => services.events.tick(arn) },
    ),
    ...parts.map((part) => ({ ...part, run: () => send(part, run, services) })),
  ];
  const since = new Date();
  for (const one of all) nextTime(one, since, since);

  const closing = new AbortController();
  onClose(() => closing.abort());
  if (options.schedules) for (const one of all) void atEachTime(one, one.run, closing.signal);

  return {
    get schedules() {
      return all.map((one) => {
        const { logicalId, name, expression } = one;
        const next = nextTime(one, new Date(), since);
        return { logicalId, name, expression, ...(next && { next }) };
      });
    },
    principals: parts.map(({ principal }) => principal),
    invoke(name) {
      const found = all.find((one) => one.name === name || one.logicalId === name);
      if (found) return found.run();
      const known = all.map(({ logicalId }) => logicalId).join(", ");
      throw new Error(
        `There is no schedule ${name}. ${known === "" ? "The template has none." : `There are: ${known}.`}`,
      );
    },
  };
}

function send(part: SchedulePart, { place, log }: Run, { targets }: Services): void {
  const { principal, targetArn, groupId, deadLetterArn, name } = part;
  const message = { body: inputOf(part, place), groupId };
  const refused = targets.send({ principal }, targetArn, message);
  if (refused === undefined) return;
  log(`scheduler: the schedule ${name} may not send to ${targetArn}: ${refused}`);
  if (deadLetterArn === undefined) return;
  const lost = targets.send({ principal }, deadLetterArn, message);
  if (lost !== undefined) log(`scheduler: nor to its dead-letter queue ${deadLetterArn}: ${lost}`);
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
function inputOf({ input, arn }: SchedulePart, { accountId, region }: Run["place"]): string {
  const time = new Date().toISOString().replace(/\.\d+/, "");
  const id = randomUUID();
  if (input !== undefined) {
    const context: Readonly<Record<string, string>> = {
      "schedule-arn": arn,
      "scheduled-time": time,
      "execution-id": id,
      "attempt-number": "1",
    };
    return input.replace(/<aws\.scheduler\.([\w-]+)>/g, (whole, name: string) => context[name] ?? whole);
  }
  return JSON.stringify({
    version: "0",
    id,
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    account: accountId,
    time,
    region,
    resources: [arn],
    detail: "{}",
  });
}
