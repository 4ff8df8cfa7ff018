import { placed, type Source } from "../../stack/source/sources.ts";
import type { Stack } from "../../stack/template.ts";
import type { BlastRadius, Reach } from "../blast-radius/blast-radius.ts";
import { permissionsDiagram } from "./diagram.ts";
import { wrap } from "./lines.ts";
import { type Names, namesOf, ownNames } from "./names.ts";
import type { ApiView, FunctionView, PermissionsView, StatementView } from "./view.ts";
import { wordsOf } from "./words.ts";

/** What the page is about: line numbers and names must not depend on who writes it. */
export const documentedPlace = { stage: "dev", region: "us-east-1" } as const;

/** docs/permissions.md: the same on every machine for the same template. Account and region are placeholders. */
export function permissionsDocument(view: PermissionsView, stack: Stack, radius: BlastRadius): string {
  const names = namesOf(stack);
  const { accountId, region } = stack.environment;
  const grants = grantTable(view.functions, names);
  const calls = [callTable(view, names), ...view.apis.map((api) => routeTable(api, names))];
  const parts = [
    "# Permissions",
    paragraph(
      `Written by ${code("pnpm run permissions --write")} from the packaged template, stage ${code(view.stage)}; do not edit.`,
      "A test fails when the template says something else. In the terminal: `pnpm run permissions`, and with a function's name behind it that function alone.",
    ),
    "## What each function may do",
    grants,
    paragraph(
      "A resource of the stack bears its logical id, other ARNs of the account are shown from their last part on. What is",
      'marked "added" comes from the framework and its plugins; resources/least-privilege.js gives it its Sid.',
    ),
    nameTable(names, [grants, ...calls].join("\n")),
    "## Who may call whom",
    paragraph(
      "This is said on the other side, by the resource-based policy of what is called. A principal of the same account",
      "needs no word there when its own identity-based policy allows the action.",
    ),
    ...calls,
    "## The same, drawn",
    ["```mermaid", permissionsDiagram(view, stack), "```"].join("\n"),
    "## Blast radius",
    ...blastRadiusParts(radius),
  ];
  return `${parts.join("\n\n")}\n`.replaceAll(accountId, "ACCOUNT").replaceAll(region, "REGION");
}

function nameTable(names: Names, text: string): string {
  return table(
    ["name", "ARN"],
    names.all
      .filter(({ logicalId }) => new RegExp(`\\b${logicalId}\\b`).test(text))
      .map(({ logicalId, arn, isGenerated }) => [
        code(logicalId),
        isGenerated ? `${code(`${arn.slice(0, arn.lastIndexOf(":") + 1)}…`)}, named by AWS` : code(arn),
      ]),
  );
}

function routeTable({ logicalId, routes }: ApiView, names: Names): string {
  return table(
    [`route of ${code(logicalId)}`, "lets in", "and invokes"],
    routes.map(({ routeKey, functionKey = "", authorization, invokeArn, source }) => [
      link(routeKey, source),
      authorization === "AWS_IAM"
        ? `whoever signs (SigV4) and may ${code("execute-api:Invoke")} on ${code(names.shorten(invokeArn))}`
        : authorization === "NONE"
          ? "**anyone**"
          : `whom the ${authorization} authorizer lets in`,
      functionKey,
    ]),
  );
}

/** A row for each statement; what every function has alike is said once, at the end. */
function grantTable(functions: readonly FunctionView[], names: Names): string {
  const rows = functions.flatMap((one) =>
    one.statements.map((statement) => {
      const { actions, resources, conditions } = wordsOf(statement, ownNames(names, one));
      const cells = [
        ...(statement.effect === "Deny" ? [`never ${codes(actions)}`] : [codes(actions)]),
        resources.map((one) => (one.includes(" ") ? one : code(one))).join("<br>"),
        codes(conditions),
        reason(statement),
      ];
      return { one, cells };
    }),
  );
  const alike = Map.groupBy(rows, ({ cells }) => cells.join("|"));
  const isShared = ({ cells }: { cells: readonly string[] }) =>
    functions.length > 1 && alike.get(cells.join("|"))?.length === functions.length;
  const own = functions.flatMap((one) => {
    const ofFunction = rows.filter((row) => row.one === one && !isShared(row));
    const name = link(one.functionKey, one.source);
    if (ofFunction.length === 0) return [[name, "nothing but what every function may", "", "", ""]];
    return ofFunction.map(({ cells }, index) => [index === 0 ? name : "", ...cells]);
  });
  const shared = [...alike.values()].flatMap(([row]) => (row && isShared(row) ? [row.cells] : []));
  return table(
    ["function", "action", "resource", "condition", "why"],
    [...own, ...shared.map((cells) => ["every function", ...cells])],
  );
}

function callTable(view: PermissionsView, names: Names): string {
  const row = (what: string, statement: StatementView, shorten: (text: string) => string) => {
    const { who, actions, conditions } = wordsOf(statement, shorten);
    const may = statement.effect === "Deny" ? `never ${codes(actions)}` : codes(actions);
    return [what, who.join(", "), may, codes(conditions), reason(statement)];
  };
  const ofFunctions = view.functions.flatMap((one) => [
    ...one.callers.map((statement) => row(one.functionKey, statement, ownNames(names, one))),
    ...one.polls.map(({ arn, source }) => [
      one.functionKey,
      "Lambda",
      `with what it polls from ${code(names.shorten(arn))} as the function's role`,
      "",
      link("event source mapping", source),
    ]),
  ]);
  const ofResources = view.resources.flatMap(({ logicalId, statements }) =>
    statements.map((statement) => row(code(logicalId), statement, names.shorten)),
  );
  const ofRoles = view.functions.flatMap((one) =>
    one.trust.map((statement) => row(`${one.functionKey}'s role`, statement, names.shorten)),
  );
  return table(
    ["what", "who", "may", "if", "where"],
    [...ofFunctions, ...ofResources, ...sharedRows(ofRoles, view.functions.length, "every function's role")],
  );
}

/** One row instead of one for each function, when all but their first cells are the same. */
function sharedRows(rows: readonly string[][], functions: number, all: string): readonly string[][] {
  const alike = Map.groupBy(rows, ([, ...cells]) => cells.join("|"));
  return [...alike.values()].flatMap((group) => {
    const [first = []] = group;
    return group.length === functions && functions > 1 ? [[all, ...first.slice(1)]] : group;
  });
}

function blastRadiusParts(radius: BlastRadius): readonly string[] {
  const { pairs, services, roles, total, tutorial } = radius;
  const actions = Object.values(services).reduce((sum, count) => sum + count, 0);
  const named = Object.entries(services).map(([service, count]) => `${service} ${count}`);
  const row = (who: string, { allowed, stack, foreign, any }: Reach) =>
    [who, allowed, stack, foreign, any].map(String);
  const factor = (tutorial.total.allowed / Math.max(1, total.allowed)).toFixed(1);
  return [
    paragraph(
      `How much a role can reach: the pairs of action and resource that it is allowed, out of ${pairs}. Those are all`,
      `${actions} actions of the services in use (${named.join(", ")}), each with every resource of the stack of a type`,
      "that it takes and with one foreign resource of each such type, or with `*` where it takes none. A service is in use",
      "when an action in the template's policies or the ARN of one of its resources names it. What lies in a bucket or a",
      "log group counts once for each pattern that the template's policies tell apart, and once for all the rest. Foreign",
      "is what belongs to the same account and not to the stack. A pair counts when there is a context in which IAM allows",
      "it: an Allow's conditions are taken as met, a Deny's as avoided. The numbers do not weigh a deletion against a",
      "listing.",
    ),
    table(
      ["role", "pairs", "on the stack's", "on foreign ones", "on `*`"],
      [
        ...roles.map((reach) => row(reach.functionKey, reach)),
        row("**all functions, each in its own role**", total),
        row("the tutorials' role", tutorial.role),
        row("**all functions, each in the tutorials' role**", tutorial.total),
      ],
      [1, 2, 3, 4],
    ),
    paragraph(
      `Together that is ${factor} times as much. The tutorials' role is one for all functions, and neither logs nor polls`,
      "yet:",
    ),
    ["```json", JSON.stringify(tutorial.policy, null, 2), "```"].join("\n"),
  ];
}

function reason({ sid = "", source }: StatementView): string {
  const name = link(source?.origin === "event" ? "event" : sid, placed(source));
  const mark = source?.origin === "added" ? " (added)" : "";
  const why = source && "why" in source ? source.why : undefined;
  return `${name}${mark}${why ? `: ${why}` : ""}`;
}

/** Lines of 120 characters at most, as in the pages that people write. */
function paragraph(...sentences: readonly string[]): string {
  return wrap(sentences.join(" ").split(" "), 120).join("\n");
}

/** Relative to docs/. */
function link(text: string, source: Source | undefined): string {
  return source === undefined ? text : `[${text}](../${source.file}#L${source.line})`;
}

const code = (text: string) => `\`${text}\``;

const codes = (texts: readonly string[]) => texts.map(code).join("<br>");

/** @param numeric The columns whose cells stand at the right. */
function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[] = [],
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(head),
    line(head.map((_, column) => (numeric.includes(column) ? "---:" : "---"))),
    ...rows.map(line),
  ].join("\n");
}
