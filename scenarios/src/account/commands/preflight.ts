import { styleText } from "node:util";
import type { Finding } from "../preflight/finding.ts";
import { preflight, stops } from "../preflight/preflight.ts";
import { parseOptions, profileRegion } from "./options.ts";
import { printPolicy, root, run } from "./run.ts";

const usage = `pnpm preflight [--stage STAGE] [--region REGION] [--json]
pnpm preflight --policy

Before pnpm sls deploy: who you are, and what could stop it. Changes nothing, costs nothing.

--stage   dev when it is not given
--region  AWS_REGION, or what serverless.yml says, when it is not given: as sls deploy takes it
--json    the findings, for machines
--policy  prints the smallest policy that all its checks need

Exits 1 for a problem that would stop the deployment, 2 for a question that makes no sense.`;

const marks = {
  fine: ["green", "✔"],
  problem: ["red", "✘"],
  warning: ["yellow", "!"],
  "not checked": ["yellow", "–"],
} as const;

const options = parseOptions(root, usage, {});
await run(async (status) => {
  if (options.policy) return printPolicy("preflight", options);
  const findings = await preflight({
    root,
    ...options,
    profileRegion: await profileRegion(),
    onProgress: status.say,
  });
  status.wipe();
  if (options.json) console.log(JSON.stringify(findings, undefined, 2));
  else
    console.log(
      [`Stage ${options.stage} in ${options.region}\n`, ...findings.map(text), summary(findings)].join("\n"),
    );
  return findings.some(stops) ? 1 : 0;
});

function text({ check, status, message, remedy }: Finding): string {
  const [colour, mark] = marks[status];
  const unknown = status === "not checked" ? "not checked: " : "";
  return [
    `${styleText(colour, mark)} ${check.padEnd(12)} ${unknown}${message}`,
    ...(remedy === undefined ? [] : [`  ${" ".repeat(12)} ${styleText("dim", remedy)}`]),
  ].join("\n");
}

function summary(findings: readonly Finding[]): string {
  const count = (status: Finding["status"]) => findings.filter((one) => one.status === status).length;
  const problems = count("problem");
  const rest = `${count("warning")} warnings, ${count("not checked")} not checked`;
  return problems > 0
    ? `\n${problems} to mend first, ${rest}.`
    : `\nNothing found that would stop it; ${rest}. To deploy: pnpm sls deploy --stage ${options.stage} --region ${options.region}`;
}
