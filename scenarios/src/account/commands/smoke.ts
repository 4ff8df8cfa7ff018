import { complain, onStderr } from "rolecall/terminal";
import type { Check, Section } from "../smoke/check.ts";
import { price } from "../smoke/costs.ts";
import { checkText, isGood, reportJson, sectionText, summaryText } from "../smoke/report.ts";
import { cost, findTarget, smoke } from "../smoke/smoke.ts";
import { parseOptions } from "./options.ts";
import { printPolicy, root, run } from "./run.ts";

const usage = `pnpm smoke [--stage STAGE] [--region REGION] [--as-role ARN] [--strict] [--json]
pnpm smoke --policy

Tries a deployed stage: what the service does, what it refuses, whether its policies are those of the template, and
whether IAM itself decides as it is decided here. Shows what it expected beside what it saw, and deletes what it made.

--stage    dev when it is not given
--region   AWS_REGION, or what serverless.yml says, when it is not given: as sls deploy takes it
--as-role  a role that you may assume, and that may do all that the functions may: for the denials
--strict   what is skipped, or otherwise than assumed, fails too
--json     all of it, for machines and for an issue; the account's id is left out
--policy   prints the smallest policy that it needs

Exits 1 for a failure, 2 for a question that makes no sense, 130 after Ctrl-C, which cleans up first.`;

const options = parseOptions(
  root,
  usage,
  { "as-role": { type: "string" }, strict: { type: "boolean", default: false } },
  ({ "as-role": arn }) => {
    if (arn !== undefined && !/^arn:[^:]+:iam::\d{12}:role\//.test(arn))
      throw new Error(
        `--as-role ${arn}: the whole ARN of a role, such as arn:aws:iam::123456789012:role/NAME.`,
      );
  },
);
await run(async (status) => {
  if (options.policy) return printPolicy("smoke", options);
  const roleArn = options["as-role"];
  status.say("looking for the stage");
  const target = await findTarget({ root, ...options }, status.say);
  status.wipe();
  const { jobs, cents } = cost;
  console.error(
    `${target.plan.stackName} in ${options.region}, as ${target.account.caller.arn}\n` +
      `It starts ${jobs} transcription jobs: ${cents.toFixed(0)} cents at most, at ${price.dollarsPerSecond} dollars a second and ${price.secondsAtLeast} seconds a job (assumed, https://aws.amazon.com/transcribe/pricing/).`,
  );

  const ending = endOnSignals();
  let section: Section | undefined;
  const checks = await smoke(target, {
    roleArn,
    signal: ending.signal,
    onProgress: status.say,
    report(check: Check) {
      status.wipe();
      if (options.json) return;
      if (check.section !== section) console.log(sectionText(check.section));
      section = check.section;
      console.log(checkText(check));
    },
  });
  status.wipe();
  console.log(options.json ? reportJson(target, checks) : summaryText(checks));
  return ending.code() ?? (isGood(checks, options.strict) ? 0 : 1);
});

/** The first signal ends the run, which then cleans up; another one, a second later at least, ends that as well. */
function endOnSignals(): { readonly signal: AbortSignal; code(): number | undefined } {
  const controller = new AbortController();
  // By convention a shell sees 128 and the signal's number.
  const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  let code: number | undefined;
  let first = 0;
  for (const [name, number] of Object.entries(signals)) {
    process.on(name, () => {
      if (code === undefined) {
        code = number;
        first = performance.now();
        console.error(onStderr("dim", "\nending: what it made is deleted first"));
        controller.abort(new Error("It was ended."));
      } else if (performance.now() - first > 1_000) {
        // The package manager passes the same signal on, at once.
        complain(`Not everything was deleted: pnpm empty --stage ${options.stage} shows what there is.`);
        process.exit(number);
      }
    });
  }
  return { signal: controller.signal, code: () => code };
}
