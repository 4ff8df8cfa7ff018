import { styleText } from "node:util";
import { columns } from "@voice-notes/terminal";
import type { Source } from "../service/sources.ts";
import type { Stack } from "../template/template.ts";
import { place, width, wrap } from "./lines.ts";
import { type Names, namesOf, ownNames } from "./names.ts";
import type { ApiView, FunctionView, PermissionsView, ResourceView, StatementView, Summary } from "./view.ts";
import { wordsOf } from "./words.ts";

/**
 * The view for a person at a terminal: each function, the resources with policies of their own, the API's routes, and
 * the functions' grants once more by action.
 */
export function permissionsText(view: PermissionsView, stack: Stack): string {
  const names = namesOf(stack);
  const lines = [
    ...view.functions.flatMap((one) => functionLines(one, names)),
    ...view.resources.flatMap((one) => resourceLines(one, names)),
    ...view.apis.flatMap(apiLines),
    ...byActionLines(view.functions, names),
  ];
  return [...legendLines(view, names, lines.join("\n")), ...lines].map((line) => line.trimEnd()).join("\n");
}

function legendLines(view: PermissionsView, names: Names, body: string): readonly string[] {
  const used = names.all.filter(({ logicalId }) => new RegExp(`\\b${logicalId}\\b`).test(body));
  const rows = used.map(({ logicalId, arn, isGenerated }) => [
    logicalId,
    isGenerated ? `${arn.slice(0, arn.lastIndexOf(":") + 1)}… ${styleText("dim", "(AWS names it)")}` : arn,
  ]);
  return [
    `What the packaged template allows, stage ${view.stage}, region ${view.region}`,
    "",
    ...columns(rows).map((row) => `  ${row}`),
    ...wrap(
      "Other ARNs of this account and region are shown from their last part on.".split(" "),
      width - 2,
    ).map((line) => `  ${styleText("dim", line)}`),
    "",
  ];
}

function functionLines(one: FunctionView, names: Names): readonly string[] {
  const { role, boundary, trust, polls, callers, statements, byResource } = one;
  const shorten = ownNames(names, one);
  const trusted = trust.flatMap((statement) => wordsOf(statement, shorten).who);
  const about = [
    `role ${role.name},`,
    `assumed by ${trusted.join(", ")}`,
    ...(boundary ? [`within the boundary ${boundary}`] : []),
  ];
  return [
    heading(one.functionKey, one.source),
    ...(one.description ? [`  ${one.description}`] : []),
    ...wrap(about, width - 2).map((line) => `  ${line}`),
    "",
    ...section("may do, by resource", summaryLines(byResource, shorten)),
    ...section("its statements", statementLines(statements, shorten)),
    ...section("may be invoked by", [
      ...statementLines(callers, shorten),
      ...sideBySide(
        polls.map(({ arn, source }) => [
          [place(source)],
          [`Lambda, with what it polls from ${shorten(arn)} as this role`],
        ]),
      ),
    ]),
  ];
}

function resourceLines(
  { logicalId, type, source, statements }: ResourceView,
  names: Names,
): readonly string[] {
  return [
    heading(logicalId, source),
    `  ${type}`,
    "",
    ...section("its policy says", statementLines(statements, names.shorten)),
  ];
}

function apiLines({ logicalId, name, routes }: ApiView): readonly string[] {
  const rows = routes.map(({ routeKey, authorization, functionKey, source }) => [
    routeKey,
    functionKey === undefined ? "" : `invokes ${functionKey}`,
    authorization === "AWS_IAM"
      ? "IAM"
      : styleText("red", authorization === "NONE" ? "open to everybody" : `authorizer ${authorization}`),
    styleText("dim", place(source)),
  ]);
  return [
    heading(logicalId),
    `  HTTP API ${name}`,
    "",
    ...section("its routes", [
      ...columns(rows).map((row) => `    ${row}`),
      "",
      `    IAM: a signature (SigV4), and execute-api:Invoke on ${logicalId}/$default/METHOD/PATH`,
    ]),
  ];
}

/** The other way round: an action, the functions that may, and on what. */
function byActionLines(functions: readonly FunctionView[], names: Names): readonly string[] {
  const grants = functions.flatMap((one) =>
    one.byAction.map((summary) => ({
      action: summary.subject,
      functionKey: one.functionKey,
      on: grantWords(summary, ownNames(names, one)).join(", "),
    })),
  );
  const byAction = [...Map.groupBy(grants, ({ action }) => action)].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = byAction.flatMap(([action, ofAction]) =>
    [...Map.groupBy(ofAction, ({ on }) => on)].map(([on, alike], index) => ({
      action: index === 0 ? action : "",
      on,
      who:
        alike.length === functions.length && functions.length > 1
          ? ["every function"]
          : alike.map(({ functionKey }) => functionKey),
    })),
  );
  const actions = columns(rows.map(({ action }) => [action, ""]));
  const room = width - 2 - (actions[0]?.length ?? 0);
  return [
    styleText("bold", "By action"),
    "",
    ...rows.flatMap(({ who, on }, row) => {
      const left = actions[row] ?? "";
      return wrap([...commas(who), ...glue("on", commas(on.split(", ")))], room).map(
        (line, index) => `  ${index === 0 ? left : " ".repeat(left.length)}${line}`,
      );
    }),
    "",
  ];
}

function summaryLines(summaries: readonly Summary[], shorten: (text: string) => string): readonly string[] {
  const lefts = summaries.map(({ subject }) => [shorten(subject)]);
  const room = width - leftWidth(lefts);
  return sideBySide(
    summaries.map((summary, index) => [
      lefts[index] ?? [],
      wrap(commas(grantWords(summary, (action) => action)), room),
    ]),
  );
}

/** E.g. `s3:ListBucket if s3:prefix`, `never s3:DeleteObject`. */
function grantWords({ grants }: Summary, shorten: (text: string) => string): readonly string[] {
  return grants.flatMap(({ effect, on, conditionKeys }) =>
    on.map((one) =>
      [
        ...(effect === "Deny" ? ["never"] : []),
        shorten(one),
        ...(conditionKeys.length > 0 ? ["if", conditionKeys.join(" and ")] : []),
      ].join(" "),
    ),
  );
}

/** A statement in two columns: its Sid and its line, and what it says. */
function statementLines(
  statements: readonly StatementView[],
  shorten: (text: string) => string,
): readonly string[] {
  const lefts = statements.map(({ sid = "(no Sid)", source }) => [
    source?.origin === "added" ? `${sid} (added)` : sid,
    place(source),
  ]);
  const room = width - leftWidth(lefts);
  return sideBySide(
    statements.map((statement, index) => {
      const { who, actions, resources, conditions } = wordsOf(statement, shorten);
      const whom = who.length > 0 ? [`${commas(who).join(" ")}:`] : [];
      const grant = [statement.effect, ...whom, ...commas(actions), ...glue("on", commas(resources))];
      return [
        lefts[index] ?? [],
        [
          ...wrap(grant, room),
          ...conditions.flatMap((condition, position) =>
            wrap([position === 0 ? "if" : "and", ...condition.split(" ")], room),
          ),
        ],
      ];
    }),
  );
}

const indent = 4;
const gap = 2;

function leftWidth(lefts: readonly (readonly string[])[]): number {
  return indent + gap + Math.max(0, ...lefts.flat().map((line) => line.length));
}

/** Rows of two cells of several lines each; the second line of a left cell is a place. */
function sideBySide(
  rows: readonly (readonly [left: readonly string[], right: readonly string[]])[],
): string[] {
  const padded = leftWidth(rows.map(([left]) => left)) - indent;
  return rows.flatMap(([left, right]) =>
    Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
      const cell = (left[index] ?? "").padEnd(padded);
      const text = right[index] ?? "";
      return [
        " ".repeat(indent),
        index === 0 ? cell : styleText("dim", cell),
        text.startsWith("Deny ") ? `${styleText("red", "Deny")}${text.slice(4)}` : text,
      ].join("");
    }),
  );
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [`  ${title}: nothing`, ""] : [`  ${title}`, ...lines, ""];
}

function heading(title: string, source?: Source): string {
  const at = source === undefined ? "" : place(source);
  return styleText("bold", title) + styleText("dim", at.padStart(width - title.length));
}

function commas(items: readonly string[]): readonly string[] {
  return items.map((item, index) => (index < items.length - 1 ? `${item},` : item));
}

/** Keeps a word on the line of the first item that follows it. */
function glue(word: string, items: readonly string[]): readonly string[] {
  const [first, ...rest] = items;
  return first === undefined ? [] : [`${word} ${first}`, ...rest];
}
