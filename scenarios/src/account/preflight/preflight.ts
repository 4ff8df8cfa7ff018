import { type Account, openAccount } from "../account/account.ts";
import { inWords, isDenied, kindOf } from "../account/failures.ts";
import { readPlan } from "../stage/plan.ts";
import { type Finding, fine, notChecked, problem, warning } from "./finding.ts";
import { checkIdentity } from "./identity.ts";
import { checkConcurrency, checkTranscribe } from "./services.ts";
import { checkRoom } from "./stack.ts";
import { checkNameLengths, checkTemplate } from "./template.ts";

export interface PreflightOptions {
  readonly root: string;
  readonly stage: string;
  readonly region: string;
  /** The region of the profile in use, where it says one. */
  readonly profileRegion?: string | undefined;
  /** Whether somebody named the region, rather than serverless.yml. */
  readonly isRegionChosen: boolean;
  readonly onProgress?: (what: string) => void;
}

/** Where the template would stand when nobody knows the account: AWS's own example. */
const nowhere = { id: "123456789012", partition: "aws" };

/** Looks at everything that could stop a deployment, before it begins. Changes nothing. */
export async function preflight(options: PreflightOptions): Promise<readonly Finding[]> {
  const { root, stage, region, onProgress = () => {} } = options;
  onProgress("asking who you are");
  const { account, findings } = await identify(region);
  const { partition } = account ?? { partition: partitionOf(region) };
  onProgress("packaging");
  const place = { ...nowhere, partition, ...account, region };
  findings.push(checkRegion(options, account));
  const plan = await readPlan({ root, stage }, place).catch((error: unknown) => {
    findings.push(notMade("template", error));
    return undefined;
  });
  if (plan) {
    onProgress("looking at the template");
    findings.push(...(await checkTemplate(plan)), ...checkNameLengths(plan));
  }
  if (account === undefined) return findings;
  const checks: readonly (readonly [string, () => Promise<Finding[]>])[] = [
    ...(plan ? [["stack", () => checkRoom(account, plan)] as const] : []),
    ["Transcribe", () => checkTranscribe(account)],
    ["Lambda", () => checkConcurrency(account)],
  ];
  for (const [check, ask] of checks) {
    onProgress(`asking about: ${check}`);
    findings.push(...(await ask().catch((error: unknown) => [notMade(check, error)])));
  }
  return findings;
}

/** Whether a deployment should not be made. */
export const stops = ({ status }: Finding): boolean => status === "problem";

async function identify(region: string): Promise<{ account?: Account; findings: Finding[] }> {
  try {
    const account = await openAccount(region);
    return { account, findings: checkIdentity(account.caller, new Date()) };
  } catch (error) {
    return {
      findings: [problem("credentials", inWords(error), "Until then, nothing in an account can be checked.")],
    };
  }
}

function checkRegion(
  { region, profileRegion, isRegionChosen }: PreflightOptions,
  account: Account | undefined,
): Finding {
  const check = "region";
  if (account && account.partition !== partitionOf(region))
    return problem(
      check,
      `${region} is no region of the partition ${account.partition}, which these credentials are for.`,
      "Choose a region of that partition with --region.",
    );
  if (!isRegionChosen && profileRegion !== undefined && profileRegion !== region)
    return warning(
      check,
      `${region}, which serverless.yml says; your profile says ${profileRegion}, and sls deploy does not read that.`,
      `Say which you mean: --region ${profileRegion}, or export AWS_REGION=${profileRegion}`,
    );
  return fine(check, region);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** A check that could not be made is a finding of its own. */
function notMade(check: string, error: unknown): Finding {
  if (isDenied(error)) return notChecked(check, inWords(error), "Allow what pnpm preflight --policy says.");
  const isAboutAws = kindOf(error) !== "other" || (error as { $metadata?: unknown }).$metadata !== undefined;
  return isAboutAws
    ? notChecked(check, inWords(error), "Mend that, and run it again.")
    : problem(check, inWords(error), "Mend that first: it would stop sls deploy, too.");
}
