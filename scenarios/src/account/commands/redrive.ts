import { complain, indented } from "rolecall/terminal";
import { exitOnSignals } from "../../../../rolecall/src/terminal/at-exit.ts";
import { openAccount } from "../account/account.ts";
import { peek } from "../redrive/dead-letters.ts";
import { redrive } from "../redrive/redrive.ts";
import { deadLettersText } from "../redrive/text.ts";
import { readPlan } from "../stage/plan.ts";
import { confirm } from "./ask.ts";
import { parseOptions } from "./options.ts";
import { printPolicy, root, run } from "./run.ts";

const usage = `pnpm redrive [--stage STAGE] [--region REGION] [--rate N] [--yes] [--json]
pnpm redrive --policy

Brings the dead letters of a deployed stage home, once what was wrong is mended: SQS moves them back to the queue that
gave them up. Shows first how many there are and why, and asks.

--stage   dev when it is not given
--region  AWS_REGION, or what serverless.yml says, when it is not given: as sls deploy takes it
--rate    messages a second, 1 to 500; as many as SQS likes when it is not given
--yes     does not ask
--json    for machines; looks and moves nothing, unless --yes
--policy  prints the smallest policy that it needs

Exits 1 when some stay, 2 for a question that makes no sense. SQS goes on after Ctrl-C.`;

const options = parseOptions(
  root,
  usage,
  { rate: { type: "string" }, yes: { type: "boolean", default: false } },
  ({ rate }) => {
    if (rate !== undefined && !/^([1-9]\d?|[1-4]\d\d|500)$/.test(rate))
      throw new Error(`--rate ${rate}: a whole number from 1 to 500.`);
  },
);
exitOnSignals();
await run(async (status) => {
  if (options.policy) return printPolicy("redrive", options);
  const { stage, region, json } = options;
  const rate = options.rate === undefined ? undefined : Number(options.rate);
  status.say("asking who you are");
  const account = await openAccount(region);
  const plan = await readPlan({ root, stage, onPackaging: () => status.say("packaging") }, account);
  status.say("looking at the dead letters");
  const queues = await peek(account, plan);
  status.wipe();
  if (!json) console.log(queues.map(deadLettersText).join("\n"));
  const waiting = queues.filter(({ count }) => count > 0);
  if (waiting.length === 0 || (json && !options.yes)) {
    if (json) console.log(JSON.stringify({ queues, moved: [] }, undefined, 2));
    return 0;
  }
  if (!options.yes && !(await confirm("Is the cause mended? What is not comes back here.", stage))) {
    complain("Nothing was moved.");
    return 1;
  }
  const moved = [];
  for (const queue of waiting) {
    const result = await redrive(account, queue, {
      rate,
      onProgress: (count, of) => status.say(`moved ${count}${of === undefined ? "" : ` of ${of}`}`),
    });
    status.wipe();
    moved.push({ queue: queue.queueName, ...result });
    if (json) continue;
    console.log(`${result.moved} messages moved to ${queue.home}: ${result.status}`);
    if (result.failureReason) console.log(indented([result.failureReason]));
    if (result.remaining > 0) console.log(indented([`${result.remaining} are still in ${queue.queueName}`]));
  }
  if (json) console.log(JSON.stringify({ queues, moved }, undefined, 2));
  else console.log(`They are tried again within minutes; what still fails shows in the log of its function.`);
  return moved.every(({ status: end, remaining }) => end === "COMPLETED" && remaining === 0) ? 0 : 1;
});
