import { styleText } from "node:util";
import type { TracedDecision } from "../run/index.ts";
import { columns, indented } from "../terminal/terminal.ts";
import type { Finding } from "./finding.ts";
import { changeInWords, ownerOf } from "./findings.ts";
import { isMinimal, type Minimal, type Verdict } from "./minimal.ts";
import type { Proof } from "./prove.ts";

const outcomes = ["decided", "re-run", "by rule", "excused", "spare"] as const;
type Outcome = (typeof outcomes)[number];

const explanations: readonly (readonly [Outcome, string])[] = [
  ["decided", "a scenario asks for a refusal, and by the recorded requests it would not come any more"],
  ["re-run", "a scenario was run with the change, and the service did something else"],
  [
    "by rule",
    "only Lambda asks for it (the log, polling, assuming the role), and that it does is the model's rule",
  ],
];

/** The proof for people. */
export function reportText(proof: Proof, findings: readonly Finding[]): string {
  const { sufficient, minimal, closed, holds, took } = proof;
  const mark = (isGood: boolean) => (isGood ? styleText("green", "✔") : styleText("red", "✘"));
  const sections = [
    `${mark(sufficient.findings.length === 0)} Sufficient: ${sufficient.scenarios} scenarios, ${sufficient.decisions} decisions${
      sufficient.findings.length === 0
        ? ", no denial but those that they ask for"
        : `; ${sufficient.findings.length} of them fail`
    }`,
    minimal ? minimalText(minimal, mark) : `${mark(false)} Minimal: not tried before the scenarios pass`,
    `${mark(closed.open.length + closed.notTried.length === 0)} Closed: ${closed.asked} questions for what is another function's, another stage's or nobody's; ${
      closed.open.length === 0 ? "all denied" : `${closed.open.length} allowed`
    }`,
    ...(findings.length > 0 ? [findings.map(findingText).join("\n\n")] : []),
    [
      holds ? styleText("green", "Proved: nothing missing, nothing spare.") : styleText("red", "Not proved."),
      `${took.toFixed(1)} s.`,
    ].join(" "),
  ];
  return sections.join("\n\n");
}

function minimalText(minimal: Minimal, mark: (isGood: boolean) => string): string {
  const { verdicts, decisionsPerSecond } = minimal;
  const killed = verdicts.filter(({ result }) => result.type !== "spare").length;
  const decided = Math.round(decisionsPerSecond / 1000) * 1000;
  return [
    `${mark(isMinimal(minimal))} Minimal: ${verdicts.length} changes tried, each takes one thing away or lifts one condition; ${killed} change what the service does`,
    "",
    indented(table(minimal)),
    "",
    indented(columns(explanations.map(([name, text]) => [styleText("dim", name), styleText("dim", text)]))),
    ...exceptionLines(minimal),
    indented([styleText("dim", `${decided.toLocaleString("en")} recorded requests decided a second`)]),
  ].join("\n");
}

function table({ verdicts }: Minimal): string[] {
  const rows = Map.groupBy(verdicts, ({ mutant }) => ownerOf(mutant.holder, mutant.policy));
  const cells = (name: string, group: readonly Verdict[]) => [
    name,
    String(group.length),
    ...outcomes.map((outcome) => {
      const count = group.filter((verdict) => outcomeOf(verdict) === outcome).length;
      if (count === 0) return "·";
      return outcome === "spare" ? styleText("red", String(count)) : String(count);
    }),
  ];
  return columns([
    ["", "tried", ...outcomes].map((heading) => styleText("dim", heading)),
    ...[...rows].map(([name, group]) => cells(name, group)),
    cells("all", verdicts),
  ]).map((line) => line.trimEnd());
}

function exceptionLines({ verdicts, wide, unused }: Minimal): string[] {
  const counts = new Map<string, number>();
  for (const { exception } of [...verdicts, ...wide, ...unused]) {
    if (!exception) continue;
    const text = `${exception.of}${exception.sid ? ` (${exception.sid})` : ""}: ${exception.reason}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => indented([`excused × ${count}: ${text}`]));
}

const outcomeOf = ({ result, exception }: Verdict): Outcome =>
  result.type === "spare" && exception ? "excused" : result.type;

const findingText = ({ message }: Finding) => {
  const [first = "", ...rest] = message.split("\n");
  return [`${styleText("red", "✘")} ${first}`, ...rest.map((line) => `  ${line}`)].join("\n");
};

/** The proof for machines. */
export function reportJson(
  { sufficient, minimal, closed, holds, took }: Proof,
  findings: readonly Finding[],
): object {
  const count = (outcome: Outcome) =>
    minimal?.verdicts.filter((verdict) => outcomeOf(verdict) === outcome).length ?? 0;
  return {
    holds,
    seconds: took,
    sufficient: {
      ...sufficient,
      findings: sufficient.findings.map(({ denied, admitted, ...finding }) => ({
        ...finding,
        denied: denied.map(asked),
        admitted: admitted.map(asked),
      })),
    },
    ...(minimal && {
      minimal: {
        tried: minimal.verdicts.length,
        killed: count("decided") + count("re-run") + count("by rule"),
        decided: count("decided"),
        reRun: count("re-run"),
        byRule: count("by rule"),
        excused: count("excused"),
        spare: count("spare"),
        decisionsPerSecond: Math.round(minimal.decisionsPerSecond),
        changes: minimal.verdicts.map((verdict) => ({
          of: ownerOf(verdict.mutant.holder, verdict.mutant.policy),
          policy: verdict.mutant.policy,
          sid: verdict.mutant.statement.sid,
          change: verdict.mutant.change.type,
          what: changeInWords(verdict.mutant.change),
          ...verdict.result,
          ...(verdict.exception && { exception: verdict.exception.reason }),
          outcome: outcomeOf(verdict),
        })),
      },
    }),
    closed,
    findings,
  };
}

const asked = ({ who, action, resource, context }: TracedDecision) => ({ who, action, resource, context });
