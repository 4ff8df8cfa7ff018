import { styleText } from "node:util";
import { columns, complain, indented } from "rolecall/terminal";
import { exitOnSignals } from "../../../../rolecall/src/terminal/at-exit.ts";
import { openAccount } from "../account/account.ts";
import { emptyStage, isNothing, takeInventory } from "../empty/empty.ts";
import { failureLines, inventoryLines } from "../empty/text.ts";
import { findStack, listResources } from "../stage/deployed.ts";
import { lookForLeftovers } from "../stage/leftovers.ts";
import { readPlan } from "../stage/plan.ts";
import { confirm } from "./ask.ts";
import { parseOptions } from "./options.ts";
import { printPolicy, root, run } from "./run.ts";

const usage = `pnpm empty [--stage STAGE] [--region REGION] [--yes] [--json]
pnpm empty --check [--stage STAGE] [--region REGION] [--json]
pnpm empty --policy

Deletes every recording of a deployed stage, so that pnpm sls remove can take the stage away: objects, versions, delete
markers, unfinished uploads, transcription jobs. Shows how many there are, and asks.

--stage   dev when it is not given
--region  AWS_REGION, or what serverless.yml says, when it is not given: as sls deploy takes it
--yes     does not ask
--check   deletes nothing: lists all that bears the stage's names, after pnpm sls remove
--json    for machines; takes --yes or --check
--policy  prints the smallest policy that it needs

Exits 1 when something is left, 2 for a question that makes no sense.`;

const options = parseOptions(
  root,
  usage,
  { check: { type: "boolean", default: false }, yes: { type: "boolean", default: false } },
  ({ json, policy, yes, check }) => {
    if (json && !yes && !check && !policy)
      throw new Error("--json cannot ask: say --yes if you mean it, or --check.");
    if (yes && check) throw new Error("--check deletes nothing: leave --yes out.");
  },
);
exitOnSignals();
await run(async (status) => {
  if (options.policy) return printPolicy("empty", options);
  const { stage, region, json } = options;
  status.say("asking who you are");
  const account = await openAccount(region);
  const plan = await readPlan({ root, stage, onPackaging: () => status.say("packaging") }, account);
  const where = `${plan.stackName} in ${region}, account ${account.id}`;

  if (options.check) {
    status.say("looking for what is left");
    const looks = await lookForLeftovers(account, plan);
    status.wipe();
    if (json) console.log(JSON.stringify(looks, undefined, 2));
    else {
      console.log(`${where}\n`);
      const isStanding = looks.some(({ what, found }) => what === "stack" && found.length > 0);
      for (const { what, found, remedy, notChecked } of looks) {
        if (notChecked !== undefined)
          console.log(`${styleText("yellow", "–")} ${what}: not checked: ${notChecked}`);
        else if (found.length === 0) console.log(`${styleText("green", "✔")} ${what}: none`);
        else {
          const how = isStanding && what !== "stack" ? "while the stack stands, they are its own" : remedy;
          console.log(`${styleText("red", "✘")} ${what}: ${how}\n${indented(found)}`);
        }
      }
    }
    const isLeft = looks.some(({ found }) => found.length > 0);
    const isUnknown = looks.some(({ notChecked }) => notChecked !== undefined);
    if (!json)
      console.log(
        isLeft
          ? "\nSomething is left."
          : isUnknown
            ? "\nNot everything could be looked for."
            : "\nNothing is left.",
      );
    return isLeft || isUnknown ? 1 : 0;
  }

  status.say("counting");
  const inventory = await takeInventory(account, plan);
  const stack = await findStack(account.clients.cloudFormation, plan.stackName);
  const removed = stack ? await listResources(account.clients.cloudFormation, stack.id).catch(() => []) : [];
  status.wipe();
  if (!json) console.log(`${where}\n${indented(inventoryLines(inventory))}\n`);
  if (!isNothing(inventory) && !options.yes) {
    const isMeant = await confirm(`This deletes all of it, for good.`, stage);
    if (!isMeant) {
      complain("Nothing was deleted.");
      return 1;
    }
  }
  const { failures, remaining } = await emptyStage(account, plan, { onProgress: status.say });
  status.wipe();
  const isDone = isNothing(remaining) && failures.length === 0;
  if (json) {
    console.log(JSON.stringify({ isEmpty: isDone, failures, runningJobs: remaining.jobs }, undefined, 2));
    return isDone ? 0 : 1;
  }
  if (!isDone) {
    complain("Not all of it is gone:");
    console.error(indented([...failureLines(failures), ...inventoryLines(remaining)]));
    return 1;
  }
  console.log("It is empty.");
  if (stack) {
    console.log(`\npnpm sls remove --stage ${stage} --region ${region} then takes away the stack:`);
    const types = Map.groupBy(removed, ({ type }) => type);
    console.log(indented(columns([...types].map(([type, alike]) => [type, String(alike.length)]))));
    console.log(`\nand pnpm empty --check --stage ${stage} --region ${region} lists what is left.`);
  }
  return 0;
});
