import { styleText } from "node:util";
import { placed, type Source } from "../../stack/source/sources.ts";
import type { Stack } from "../../stack/template.ts";
import { columns } from "../../terminal/terminal.ts";
import { place, width, wrap } from "./lines.ts";
import { type Names, namesOf, ownNames } from "./names.ts";
import type { ApiView, FunctionView, PermissionsView, ResourceView, StatementView, Summary } from "./view.ts";
import { actionWords, resourceWords, wordsOf } from "./words.ts";

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
    `What the packaged template allows, ${view.stage === "" ? "" : `stage ${view.stage}, `}region ${view.region}`,
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
    ...unknownSection(one.unknown),
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

function unknownSection(unknown: readonly string[]): readonly string[] {
  const lines = unknown.map((name) => {
    const how = name.startsWith("arn:") ? `; give it with --policy ${name}=FILE` : "";
    return `    ${styleText("yellow", "unknown")}: ${name} (not in the template${how})`;
  });
  return lines.length === 0 ? [] : section("what nobody knows here", lines);
}

function resourceLines(
  { logicalId, type, source, statements, unknown }: ResourceView,
  names: Names,
): readonly string[] {
  return [
    heading(logicalId, source),
    `  ${type}`,
    "",
    ...section("its policy says", statementLines(statements, names.shorten)),
    ...unknownSection(unknown),
  ];
}

function apiLines({ logicalId, name, routes }: ApiView): readonly string[] {
  const rows = routes.map(({ routeKey, authorization, functionKey, source }) => [
    routeKey,
    functionKey === undefined ? "" : `invokes ${functionKey}`,
    authorizationWords(authorization),
    styleText("dim", place(source)),
  ]);
  return [
    heading(logicalId),
    `  HTTP API ${name}`,
    "",
    ...section("its routes", [
      ...columns(rows).map((row) => `    ${row}`),
      ...(routes.some(({ authorization }) => authorization === "AWS_IAM")
        ? ["", `    IAM: a signature (SigV4), and execute-api:Invoke on ${logicalId}/$default/METHOD/PATH`]
        : []),
    ]),
  ];
}

function authorizationWords(authorization: string): string {
  if (authorization === "AWS_IAM") return "IAM";
  return authorization === "NONE" ? styleText("red", "open to everybody") : `authorizer ${authorization}`;
}

/** The other way round: an action, the functions that may, and on what. */
function byActionLines(functions: readonly FunctionView[], names: Names): readonly string[] {
  const grants = functions.flatMap((one) =>
    one.byAction.flatMap((summary) => {
      const shorten = ownNames(names, one);
      return actionWords(summary.subject).map((action) => ({
        action,
        functionKey: one.functionKey,
        on: eachOnce(
          summary.grants.map((grant) => grantWords(grant, "on", resourceWords(grant.on, shorten))),
        ).flat(),
      }));
    }),
  );
  const byAction = [...Map.groupBy(grants, ({ action }) => action)].sort(([a], [b]) => (a < b ? -1 : 1));
  const cells = byAction.map(([action, ofAction]) => ({
    action,
    lines: [...Map.groupBy(ofAction, ({ on }) => on.join(" ")).values()].map((alike) => [
      ...commas(
        alike.length === functions.length && functions.length > 1
          ? ["every function"]
          : alike.map(({ functionKey }) => functionKey),
      ),
      ...(alike[0]?.on ?? []),
    ]),
  }));
  const left = 2 + gap + Math.max(0, ...cells.map(({ action }) => action.length));
  return [
    styleText("bold", "By action"),
    "",
    ...cells.flatMap(({ action, lines }) =>
      lines
        .flatMap((line) => wrap(line, width - left))
        .map((line, index) => `  ${index === 0 ? action : ""}`.padEnd(left) + line),
    ),
    "",
  ];
}

/** Several policies of a role may say the same. */
const eachOnce = (grants: readonly (readonly string[])[]) => [
  ...new Map(grants.map((words) => [words.join(" "), words])).values(),
];

function summaryLines(summaries: readonly Summary[], shorten: (text: string) => string): readonly string[] {
  const lefts = summaries.map(({ subject }) => [...resourceWords(subject, shorten)]);
  const room = width - leftWidth(lefts);
  return sideBySide(
    summaries.map(({ grants }, index) => [
      lefts[index] ?? [],
      grants.flatMap((grant) => wrap(grantWords(grant, "", actionWords(grant.on)), room)),
    ]),
  );
}

/** E.g. `s3:ListBucket if s3:prefix`, `never s3:DeleteObject`, in pieces that belong on one line. */
function grantWords(
  { effect, conditionKeys }: Summary["grants"][number],
  preposition: string,
  objects: readonly string[],
): readonly string[] {
  const before = [...(effect === "Deny" ? ["never"] : []), preposition].filter(Boolean).join(" ");
  return [
    ...(before === "" ? commas(objects) : glue(before, commas(objects))),
    ...(conditionKeys.length > 0 ? [`if ${[...new Set(conditionKeys)].join(" and ")}`] : []),
  ];
}

/** A statement in two columns: its Sid and its line, and what it says. */
function statementLines(
  statements: readonly StatementView[],
  shorten: (text: string) => string,
): readonly string[] {
  const lefts = statements.map(({ sid = "(no Sid)", source }) => [
    source?.origin === "added" ? `${sid} (added)` : sid,
    place(placed(source)),
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
