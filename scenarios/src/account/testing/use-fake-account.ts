import { beforeAll, beforeEach } from "vitest";
import { type Account, openAccount } from "../account/account.ts";
import { destroyClients } from "../account/clients.ts";
import { root } from "../commands/run.ts";
import { type Plan, readPlan } from "../stage/plan.ts";
import { useFakeAws } from "./environment.ts";
import { type AccountState, accountHandlers, refuse } from "./fake-account.ts";
import { type FakeAws, startFakeAws } from "./fake-aws.ts";

export interface FakeAccount {
  /** Of the stage dev. */
  plan: Plan;
  state: AccountState;
  fake: FakeAws;
}

export interface OpenFakeAccount extends FakeAccount {
  account: Account;
}

/**
 * A fake account that the default chain leads to, anew for each test of a file.
 *
 * @param stateOf what is in it
 * @returns what is filled before each test
 */
export function useFakeAccount(stateOf: (plan: Plan) => AccountState): FakeAccount {
  const made = {} as FakeAccount;
  beforeAll(async () => {
    made.plan = await readPlan(
      { root, stage: "dev" },
      { id: "123456789012", partition: "aws", region: "us-east-1" },
    );
  }, 120_000);
  beforeEach(async () => {
    made.state = stateOf(made.plan);
    made.fake = await startFakeAws({
      handlers: accountHandlers(made.plan, made.state),
      before: (call) => refuse(made.state)(call),
    });
    useFakeAws(made.fake.url);
    return () => made.fake.close();
  });
  return made;
}

/** The same, opened as a command opens it. */
export function useOpenFakeAccount(stateOf: (plan: Plan) => AccountState): OpenFakeAccount {
  const made = useFakeAccount(stateOf) as OpenFakeAccount;
  beforeEach(async () => {
    made.account = await openAccount("us-east-1");
    return () => destroyClients(made.account.clients);
  });
  return made;
}
