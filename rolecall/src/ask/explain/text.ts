import { styleText } from "node:util";
import { policyWords } from "../../iam/denial.ts";
import type { AccessRequest, KnownDecision } from "../../iam/types.ts";
import { unless } from "../../iam/unknown.ts";
import { placed, type Source } from "../../stack/source/sources.ts";
import { plainly } from "../../terminal/escape.ts";
import { columns } from "../../terminal/terminal.ts";
import type { MessageExplanation } from "./explanation.ts";
import { type Explanation, isOpen, type PlacedStatement } from "./explanation.ts";
import { assumedRole, type Denial, denyingPolicyWords, type Message } from "./message.ts";
import { shown } from "./nearest.ts";

/**
 * An explanation as a person reads it: the verdict, what decided or came nearest, and the request as it was asked.
 * What was pasted is shown with its control characters escaped.
 *
 * @param options `all` for every statement that was asked, too
 */
export function explanationText(
  explained: Explanation,
  { all = false }: { readonly all?: boolean } = {},
): string {
  const explanation = plainly(explained);
  const { notes, statements } = explanation;
  const sections = [
    [verdict(explanation)],
    columns([...reasonRows(explanation), ...changeRows(explanation)]).map(indent),
    notes.map((note) => indent(note)),
    columns(askedRows(explanation, all)).map(indent),
    ...(all ? [statements.flatMap((statement) => statementLines(statement, explanation))] : []),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** What a message means, and then what this template says of it. */
export function messageText(explained: MessageExplanation, options: { readonly all?: boolean } = {}): string {
  const { message, explanation, says } = plainly(explained);
  const sections = [
    columns(messageRows(message)).map(indent),
    ...(explanation ? [[`This template: ${explanationText(explanation, options)}`]] : []),
    says.map(indent),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function messageRows(message: Message): string[][] {
  switch (message.type) {
    case "denial": {
      const role = assumedRole(message.principal);
      const { reason } = message;
      return [
        [label("who"), role ? `role ${role.roleName}, session ${role.sessionName}` : message.principal],
        [label("what"), message.action],
        ...(message.resource === undefined ? [] : [[label("on"), message.resource]]),
        ...(reason === undefined ? [] : [[label("why"), reasonText(reason)]]),
      ];
    }
    default:
      return [];
  }
}

function reasonText({ how, policy }: NonNullable<Denial["reason"]>): string {
  if (policy === undefined) return "an explicit deny; the message does not say in which policy";
  const words = denyingPolicyWords(policy);
  return how === "no allow" ? `no ${words} allows it` : `an explicit deny, in the ${words}`;
}

const indent = (line: string) => (line === "" ? "" : `  ${line}`);
const label = (text: string) => styleText("dim", text);

function verdict(explanation: Explanation): string {
  const { decision, asked, by } = explanation;
  const { name } = asked.principal;
  const what = `${asked.action}${asked.resource === "*" ? "" : " there"}`;
  const who = by ? reference(by, asked) : "";
  switch (decision.outcome) {
    case "allowed":
      if (isOpen(explanation))
        return `${styleText("yellow", "– open")}: ${name} may ${what} if its own identity-based policies, which this template does not have, allow it`;
      return `${styleText("green", "✔ allowed")}: ${name} may ${what}, ${who} allows it`;
    case "explicitly denied":
      return `${styleText("red", "✘ denied")}: ${name} may not ${what}, ${who} denies it`;
    case "implicitly denied":
      return `${styleText("red", "✘ denied")}: ${name} may not ${what}, no ${policyWords(decision.missing)} allows it`;
    case "unknown":
      return `${styleText("yellow", "? unknown")}: ${name} ${decision.otherwise.outcome === "allowed" ? "may" : "may not"} ${what}, ${otherwise(explanation, decision.otherwise)}, ${unless(decision)}`;
  }
}

function otherwise({ asked, by }: Explanation, decision: KnownDecision): string {
  const who = by ? reference(by, asked) : "";
  if (decision.outcome === "allowed") return `${who} allows it`;
  return decision.outcome === "explicitly denied"
    ? `${who} denies it`
    : `no ${policyWords(decision.missing)} allows it`;
}

function reasonRows({ asked, by, nearest }: Explanation): string[][] {
  if (nearest !== undefined) {
    return [
      [label("nearest"), reference(nearest.statement, asked)],
      ...labelled(
        "differs",
        nearest.differences.map(({ part, says }) => (part === "condition" ? `condition ${says}` : says)),
      ),
    ];
  }
  return labelled("because", by?.conditions.map(conditionText) ?? []);
}

/** What another call would have, where that is all it takes, or what to change in the template. */
function changeRows({ nearest, changes }: Explanation): string[][] {
  const instead = nearest?.differences.map((difference) => difference.instead) ?? [];
  const isEnough = instead.length > 0 && instead.every((value) => value !== undefined);
  const calls = isEnough ? [`make it with ${instead.join(" and ")}`] : [];
  const [inCall, inTemplate] = [true, false].map((isCall) =>
    changes
      .filter(({ edit }) => (edit === "context") === isCall)
      .map(({ says, source }) => `${says}${source ? ` (${at(source)})` : ""}`),
  );
  return [
    ...labelled("the call", [...calls, ...(inCall ?? [])]),
    ...labelled(isEnough ? "or grant" : "the grant", inTemplate ?? []),
  ];
}

/** A label on the first row alone. */
function labelled(name: string, texts: readonly string[]): string[][] {
  return texts.map((text, index) => [label(index === 0 ? name : ""), text]);
}

function askedRows({ asked, statements }: Explanation, all: boolean): string[][] {
  const { principal, action, resource, context, resourceAccountId, stage } = asked;
  // Of what every request carries, what a statement looks at: the rest decides nothing.
  const named = new Set(
    statements.flatMap(({ conditions }) => conditions.map(({ key }) => key.toLowerCase())),
  );
  const filledIn = Object.fromEntries(
    Object.entries(asked.filledIn).filter(([key]) => all || named.has(key.toLowerCase())),
  );
  return [
    [label("principal"), principal.arn],
    [label("action"), action],
    [label("resource"), resource],
    ...labelled("context", keyLines(context)),
    ...labelled("filled in", keyLines(filledIn)),
    ...(all ? [...(stage === "" ? [] : [[label("stage"), stage]]), [label("owner"), resourceAccountId]] : []),
  ];
}

/** Characters; what is longer stands on a line of its own. */
const lineWidth = 100;

/** As many keys a line as fit. */
function keyLines(context: AccessRequest["context"]): string[] {
  const lines: string[] = [];
  for (const [key, value] of Object.entries(context)) {
    const text = `${key}=${typeof value === "string" ? value : value.join(",")}`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= lineWidth)
      lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(text);
  }
  return lines;
}

/** One statement with everything about it that fits or does not. */
function statementLines(statement: PlacedStatement, { asked, by }: Explanation): string[] {
  const { effect, action, resource, principal, conditions, statement: content } = statement;
  const mark = (fits: boolean) => (fits ? styleText("green", "✔") : styleText("red", "✘"));
  const { actions, resources, principals } = content;
  const not = (element: { readonly not: boolean } | undefined) => (element?.not ? "Not" : "");
  const isDeciding =
    by !== undefined &&
    by.kind === statement.kind &&
    by.policy === statement.policy &&
    by.index === statement.index;
  const named = principals && [...principals.aws, ...principals.services, ...principals.federated];
  return [
    `${indent(`${mark(statement.applies)} ${effect}`)} ${reference(statement, asked)}${isDeciding ? ", which decides" : ""}`,
    ...columns([
      ...(principal
        ? [["", mark(principal.fits), `${not(principals)}Principal`, named?.join(" ") ?? "none"]]
        : []),
      ["", mark(action), `${not(actions)}Action`, actions.patterns.join(" ")],
      ["", mark(resource), `${not(resources)}Resource`, resources?.patterns.join(" ") ?? "the policy's own"],
      ...conditions.map((condition) => ["", mark(condition.holds), "Condition", conditionText(condition)]),
    ]).map(indent),
  ];
}

function conditionText({ operator, key, values, actual }: PlacedStatement["conditions"][number]): string {
  const has = actual === "absent" ? "absent" : shown(actual);
  return `${operator} ${key} ${shown(values, "or")}, in the request: ${has}`;
}

/** `StorePhoto (identity-based policy of storePhoto, serverless.yml:88)`. */
function reference(
  { sid, index, kind, policy, source }: PlacedStatement,
  { principal }: Explanation["asked"],
): string {
  const name = styleText("bold", sid ?? `statement ${index + 1}`);
  const owner = kind === "identity-based" && source ? `of ${principal.name}` : policy;
  const what = owner === sid ? policyWords(kind) : `${policyWords(kind)} ${owner}`;
  const place = placed(source);
  return `${name} (${place ? `${what}, ${at(place)}` : what})`;
}

function at({ file, line }: Source): string {
  return `${file}:${line}`;
}
