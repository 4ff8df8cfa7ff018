import { type Names, ownNames } from "../ask/report/names.ts";
import {
  type Element,
  type FunctionView,
  type StatementView,
  type Summary,
  viewPermissions,
} from "../ask/report/view.ts";
import { actionWords, resourceWords, wordsOf } from "../ask/report/words.ts";
import { serviceTitle } from "../catalog/actions.ts";
import type { NamedPolicy } from "../iam/types.ts";
import type { Service } from "../stack/source/service.ts";
import { placed, type Sources } from "../stack/source/sources.ts";
import { place } from "./explanation.ts";
import type {
  HolderMessage,
  Named,
  RouteMessage,
  ServiceMessage,
  StatementMessage,
  SummaryMessage,
} from "./messages.ts";
import { developer } from "./principals.ts";

type Shorten = (text: string) => string;

/** What the page shows of the packaged service: who has which policies, and which routes lead where. */
export async function describeHolders(
  service: Service,
  { sources, names }: { readonly sources: Sources; readonly names: Names },
): Promise<Pick<ServiceMessage, "holders" | "routes">> {
  const view = viewPermissions(service, sources);
  const titles = await serviceTitles(view.functions);
  const positions = positionsIn(service);
  const functions = view.functions.map((one): HolderMessage => {
    const shorten = ownNames(names, one);
    const { role, functionArn } = one;
    return {
      id: one.functionKey,
      kind: "function",
      name: one.functionKey,
      ...(one.description !== undefined && { description: one.description }),
      ...place(one.source),
      arn: functionArn,
      role: {
        name: role.name,
        arn: role.arn,
        trusts: one.trust.flatMap((statement) => wordsOf(statement, shorten).who),
        ...(one.boundary !== undefined && { boundary: one.boundary }),
      },
      statements: one.statements.map((statement) =>
        statementMessage(statement, one.functionKey, positions, shorten),
      ),
      byResource: one.byResource.flatMap((summary) => summaryMessages(summary, "resource", titles, shorten)),
      byAction: one.byAction.flatMap((summary) => summaryMessages(summary, "action", titles, shorten)),
      callers: one.callers.map((statement) => statementMessage(statement, functionArn, positions, shorten)),
      polls: one.polls.map(({ arn, source }) => ({ source: named(arn, shorten), ...place(source) })),
    };
  });
  const resources = view.resources.map(
    ({ logicalId, type, arn, source, statements }): HolderMessage => ({
      id: arn,
      kind: "resource",
      name: logicalId,
      ...place(source),
      type,
      arn,
      statements: statements.map((statement) => statementMessage(statement, arn, positions, names.shorten)),
      byResource: [],
      byAction: [],
      callers: [],
      polls: [],
    }),
  );
  const routes = view.apis.flatMap((api) =>
    api.routes.map(
      ({ routeKey, authorization, invokeArn, functionKey, source }): RouteMessage => ({
        routeKey,
        authorization,
        invokes: named(invokeArn, names.shorten),
        ...(functionKey !== undefined && { functionKey }),
        ...place(source),
      }),
    ),
  );
  return { holders: [...functions, ...resources], routes };
}

/** The developer, who is nobody of the template's: without a role's name, and without a line. */
export function describeDeveloper(policies: readonly NamedPolicy[], { shorten }: Names): HolderMessage {
  return {
    id: developer,
    kind: "developer",
    name: developer,
    description: "Whoever runs this: the caller of the service",
    statements: policies.flatMap(({ name, document }) =>
      document.statements.map((statement, index) =>
        statementMessage({ ...statement, policy: name }, developer, () => index, shorten),
      ),
    ),
    byResource: [],
    byAction: [],
    callers: [],
    polls: [],
  };
}

function statementMessage(
  statement: StatementView,
  holder: string,
  positionOf: (holder: string, statement: StatementView) => number,
  shorten: Shorten,
): StatementMessage {
  const { policy, sid, effect, actions, resources, conditions, source } = statement;
  const [short, full] = [wordsOf(statement, shorten), wordsOf(statement, (text) => text)];
  return {
    holder,
    policy,
    index: positionOf(holder, statement),
    ...(sid !== undefined && { sid }),
    effect,
    who: full.who,
    actions: actions.patterns,
    isNotAction: actions.not,
    resources: (resources?.patterns ?? []).map((pattern) => named(pattern, shorten)),
    isNotResource: resources?.not ?? false,
    conditions: conditions.map((_, index) => ({
      short: short.conditions[index] ?? "",
      full: full.conditions[index] ?? "",
    })),
    ...(source && "why" in source && source.why !== undefined && { why: source.why }),
    ...place(placed(source)),
    isAdded: source?.origin === "added",
  };
}

/** The statements of a view have lost their places in their policies. */
function positionsIn({ roles, resourcePolicies }: Service) {
  const byHolder = new Map<string, readonly NamedPolicy[]>([
    ...roles.map(({ functionKey, policies }) => [functionKey, policies] as const),
    ...resourcePolicies,
  ]);
  return (holder: string, { policy, sid, actions, resources }: StatementView): number => {
    const statements = byHolder.get(holder)?.find(({ name }) => name === policy)?.document.statements ?? [];
    return statements.findIndex(
      (one) => one.sid === sid && one.actions === actions && one.resources === resources,
    );
  };
}

function summaryMessages(
  { subject, grants }: Summary,
  by: "action" | "resource",
  titles: ReadonlyMap<string, string>,
  shorten: Shorten,
): readonly SummaryMessage[] {
  const asNamed = (element: Element, isAction: boolean): readonly Named[] =>
    isAction
      ? actionWords(element).map((word) => ({ short: word, full: word }))
      : resourceWords(element, (text) => text).map((full, index) => ({
          short: resourceWords(element, shorten)[index] ?? full,
          full,
        }));
  // A resource by itself does not always say which service it is of ("*"): its actions do.
  const bySubject = Map.groupBy(grants, ({ on }) => (by === "action" ? prefixOf(subject) : prefixOf(on)));
  return [...bySubject].map(([prefix, ofService]) => ({
    subject: asNamed(subject, by === "action")[0] ?? { short: "", full: "" },
    service: titles.get(prefix) ?? prefix,
    grants: ofService.map(({ effect, on, conditionKeys, sid }) => ({
      effect,
      on: asNamed(on, by === "resource"),
      conditionKeys,
      ...(sid !== undefined && { sid }),
    })),
  }));
}

/** The service that actions are of; all of them where they are every action but some. */
function prefixOf({ patterns: [first = ""], not }: Element): string {
  return not || first === "*" ? "every service" : (first.split(":")[0] ?? first);
}

async function serviceTitles(functions: readonly FunctionView[]): Promise<ReadonlyMap<string, string>> {
  const prefixes = new Set(
    functions.flatMap(({ statements }) => statements.map(({ actions }) => prefixOf(actions))),
  );
  return new Map(
    await Promise.all([...prefixes].map(async (prefix) => [prefix, await serviceTitle(prefix)] as const)),
  );
}

function named(full: string, shorten: Shorten): Named {
  return { short: shorten(full), full };
}
