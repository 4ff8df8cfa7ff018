import { createApi, scenarios } from "../../index.ts";
import { type Account, openAccount } from "../account/account.ts";
import { type DeployedStack, findStack, listResources } from "../stage/deployed.ts";
import { type Plan, readPlan } from "../stage/plan.ts";
import type { Check, Report } from "./check.ts";
import { centsAtMost, startedJobs } from "./costs.ts";
import { runDenials } from "./denials.ts";
import { checkPolicies } from "./deployed-policies.ts";
import { type CleanUpOptions, deleteRecordings, trackRecordings } from "./recordings.ts";
import { awsPatience, deployedStage, type Patience, runScenarios } from "./scenarios.ts";
import { createSessions } from "./sessions.ts";
import { simulateRoles } from "./simulation.ts";

/** A stage that smoke tests can run on. */
export interface SmokeTarget {
  readonly account: Account;
  readonly plan: Plan;
  readonly stack: DeployedStack;
  /** Of the API. */
  readonly url: string;
}

export interface SmokeOptions {
  readonly report: Report;
  /** Told what is under way. */
  readonly onProgress?: (what: string) => void;
  /** Ends it early; the clean-up comes all the same. */
  readonly signal?: AbortSignal;
  /** A role that the caller may assume, and that may do all that the functions may. */
  readonly roleArn?: string | undefined;
  readonly patience?: Patience;
  readonly cleanUp?: Omit<CleanUpOptions, "onProgress">;
}

/**
 * Finds the stage in the account.
 *
 * @throws Error that says what to do when there are no credentials, no such stack, or no API in it.
 */
export async function findTarget(
  { root, stage, region }: { readonly root: string; readonly stage: string; readonly region: string },
  onProgress: (what: string) => void = () => {},
): Promise<SmokeTarget> {
  const account = await openAccount(region);
  const plan = await readPlan({ root, stage, onPackaging: () => onProgress("packaging") }, account);
  const stack = await findStack(account.clients.cloudFormation, plan.stackName);
  const url = stack?.outputs.HttpApiUrl;
  if (stack && url !== undefined) return { account, plan, stack, url };
  throw new Error(
    `There is no API of a stack ${plan.stackName} in ${region}${stack ? ` (it is ${stack.status})` : ""}: deploy it with pnpm sls deploy --stage ${stage} --region ${region}.`,
  );
}

/** Transcription jobs that a run starts, and the most that they cost, in cents. */
export const cost = { jobs: startedJobs, cents: centsAtMost(startedJobs) } as const;

/**
 * Tries a deployed stage: what the service does, what it refuses, whether its policies are those of the template, and what
 * IAM itself says. Deletes every recording that it made, also when it fails or is ended.
 *
 * @returns all that was reported.
 */
export async function smoke(target: SmokeTarget, options: SmokeOptions): Promise<readonly Check[]> {
  const { account, plan, url } = target;
  const {
    onProgress = () => {},
    signal = new AbortController().signal,
    roleArn,
    patience = awsPatience,
  } = options;
  const checks: Check[] = [];
  const report: Report = (check) => {
    checks.push(check);
    options.report(check);
  };
  const tracked = trackRecordings(createApi(url, account.region, account.credentials));
  const stage = deployedStage(url, tracked.api, signal, patience);
  const sessions = roleArn === undefined ? undefined : createSessions(account, plan, url, roleArn);
  const running = { signal, report, onStart: onProgress };
  try {
    await runScenarios("behaviour", scenarios, stage, running);
    await runDenials(stage, sessions, running);
    await checkPoliciesOf(target, report, onProgress);
    signal.throwIfAborted();
    await simulateRoles(account, plan, report, onProgress);
  } catch (error) {
    if (!signal.aborted) throw error;
    report({ section: "simulation", name: "everything after this", status: "skipped", why: "it was ended" });
  } finally {
    sessions?.close();
    await cleanUp(tracked, report, { ...options.cleanUp, onProgress });
  }
  return checks;
}

async function checkPoliciesOf(
  { account, plan, stack }: SmokeTarget,
  report: Report,
  onProgress: (what: string) => void,
): Promise<void> {
  onProgress("reading the policies as deployed");
  // Without their ids, a policy that names the API's differs where it does not.
  const resources = await listResources(account.clients.cloudFormation, stack.id).catch(() => undefined);
  const api = [...plan.service.stack.resources.values()].find(
    ({ type }) => type === "AWS::ApiGatewayV2::Api",
  );
  const fromOutputs =
    api && stack.outputs.HttpApiId !== undefined
      ? [{ logicalId: api.logicalId, type: api.type, physicalId: stack.outputs.HttpApiId, status: "" }]
      : [];
  await checkPolicies(account, plan, resources ?? fromOutputs, report);
}

async function cleanUp(
  { api, created, close }: ReturnType<typeof trackRecordings>,
  report: Report,
  options: CleanUpOptions,
): Promise<void> {
  options.onProgress?.("waiting for what is under way");
  await close();
  const left = await deleteRecordings(api, created, options);
  const name = `its ${created.size} recordings are deleted`;
  if (left.length === 0) report({ section: "cleanUp", name, status: "passed" });
  for (const { id, why } of left) {
    report({ section: "cleanUp", name, status: "failed", expected: `${id} is gone`, observed: why });
  }
}
