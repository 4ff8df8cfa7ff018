import { styleText } from "node:util";
import { type Check, type Section, sections } from "./check.ts";
import type { SmokeTarget } from "./smoke.ts";

const marks = {
  passed: ["green", "✔"],
  failed: ["red", "✘"],
  differs: ["yellow", "≠"],
  skipped: ["yellow", "–"],
} as const;

/** A check as it is shown while it runs: its mark, its statement, what was expected and seen. */
export function checkText({ name, status, expected, observed, why, seconds }: Check): string {
  const [colour, mark] = marks[status];
  const time = seconds !== undefined && seconds >= 0.05 ? styleText("dim", ` ${seconds.toFixed(1)} s`) : "";
  const isTelling = status === "failed" || status === "differs";
  const details = [
    ...(isTelling && expected !== undefined ? [["expected", expected]] : []),
    ...(isTelling && observed !== undefined ? [["observed", observed]] : []),
    ...(why !== undefined ? [["skipped", why]] : []),
  ];
  return [
    `${styleText(colour, mark)} ${name}${time}`,
    ...details.map(([word = "", text]) => `    ${styleText("dim", word.padEnd(8))}  ${text}`),
  ].join("\n");
}

/** The heading of a section, before its first check. */
export const sectionText = (section: Section): string => `\n${styleText("bold", sections[section])}`;

/** What it came to, and what was not seen. */
export function summaryText(checks: readonly Check[]): string {
  const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  const counts = [
    `${count("passed")} passed`,
    `${count("failed")} failed`,
    `${count("differs")} otherwise than assumed`,
    `${count("skipped")} skipped`,
  ].join(", ");
  const skipped = count("skipped") > 0 ? "\nWhat was skipped is not known to work." : "";
  return `\n${counts}${skipped}`;
}

/** Whether all is well; strictly only when nothing is unknown or otherwise than assumed. */
export function isGood(checks: readonly Check[], strict: boolean): boolean {
  return checks.every(({ status }) => status === "passed" || (!strict && status !== "failed"));
}

/** Everything, to be pasted into an issue: without the account's id. */
export function reportJson({ account, plan, stack }: SmokeTarget, checks: readonly Check[]): string {
  const report = {
    stack: plan.stackName,
    status: stack.status,
    region: account.region,
    partition: account.partition,
    at: new Date().toISOString(),
    checks,
  };
  return JSON.stringify(report, undefined, 2).replaceAll(account.id, "{account}");
}
