import { fileURLToPath } from "node:url";
import { complain, ignoreClosedOutput, onStderr, progress } from "rolecall/terminal";
import { openAccount } from "../account/account.ts";
import { inWords } from "../account/failures.ts";
import { type Command, policyOf } from "../rights/rights.ts";
import { readPlan } from "../stage/plan.ts";
import type { PlaceOptions } from "./options.ts";

export const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** One line on the terminal that says what is under way. */
export interface Status {
  say(what: string): void;
  wipe(): void;
}

export function createStatus(): Status {
  let wipe = () => {};
  return {
    say(what) {
      wipe();
      wipe = progress(`${what} …`.slice(0, (process.stderr.columns ?? 80) - 1));
    },
    wipe() {
      wipe();
      wipe = () => {};
    },
  };
}

/** Runs a command to its exit code; what it throws is said, and is 1. */
export async function run(command: (status: Status) => Promise<number>): Promise<void> {
  ignoreClosedOutput();
  const status = createStatus();
  try {
    process.exitCode = await command(status);
  } catch (error) {
    status.wipe();
    complain(inWords(error));
    process.exitCode = 1;
  } finally {
    status.wipe();
  }
}

/** Prints the smallest policy for a command: in the account of the credentials, or of AWS's examples without any. */
export async function printPolicy(command: Command, { stage, region }: PlaceOptions): Promise<number> {
  const account = await openAccount(region).catch(() => {
    console.error(onStderr("dim", "No credentials found: 123456789012 stands for the account."));
    return { id: "123456789012", partition: "aws", region };
  });
  const plan = await readPlan({ root, stage }, account);
  console.log(JSON.stringify(policyOf(command, { account, plan, apiId: "*" }), undefined, 2));
  return 0;
}
