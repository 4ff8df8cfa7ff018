import type { Stack } from "../template/template.ts";
import { type Names, namesOf } from "./names.ts";
import type { FunctionView, PermissionsView, StatementView } from "./view.ts";
import { wordsOf } from "./words.ts";

/** What stands in the diagram, in Mermaid's shapes; nodes with the same group stand in one box. */
interface Node {
  readonly label: string;
  readonly shape: "caller" | "function" | "route" | "storage" | "service";
  readonly group?: string;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  /** A Deny. */
  readonly isDenial?: boolean;
}

const shapes: Readonly<Record<Node["shape"], readonly [string, string]>> = {
  caller: ["([", "])"],
  function: ["[", "]"],
  route: ["[/", "/]"],
  storage: ["[(", ")]"],
  service: ["{{", "}}"],
};

/**
 * Who calls whom, and who may touch what: as a Mermaid flowchart. What a plugin adds to the roles is left out: logs,
 * and the polling, which is drawn as the call that it is.
 *
 * https://mermaid.js.org/syntax/flowchart.html
 */
export function permissionsDiagram(view: PermissionsView, stack: Stack): string {
  const names = namesOf(stack);
  const nodes = new Map<string, Node>();
  const edges: Edge[] = [];
  const node = (key: string, described: Node): string => {
    if (!nodes.has(key)) nodes.set(key, described);
    return key;
  };
  const resourceNode = (pattern: string, action: string): string => {
    const owner = names.owner(pattern);
    const isInStack = owner !== undefined && names.shorten(pattern).startsWith(owner.logicalId);
    if (isInStack)
      return node(names.shorten(pattern), {
        label: names.shorten(pattern),
        shape: "storage",
        group: owner.logicalId,
      });
    const service = action.split(":")[0] ?? action;
    return node(service, { label: service, shape: "service" });
  };
  const functionNode = (functionKey: string) => node(functionKey, { label: functionKey, shape: "function" });

  for (const { logicalId, routes } of view.apis) {
    for (const { routeKey, authorization, functionKey } of routes) {
      const who = callerOf(authorization);
      const route = node(`${logicalId} ${routeKey}`, { label: routeKey, shape: "route", group: logicalId });
      edges.push({ from: node(who, { label: who, shape: "caller" }), to: route });
      if (functionKey !== undefined) edges.push({ from: route, to: functionNode(functionKey) });
    }
  }
  for (const one of view.functions) {
    functionNode(one.functionKey);
    edges.push(...callEdges(one, view, stack, names, node, resourceNode));
    for (const [to, labels] of touched(one, names, resourceNode))
      edges.push({ from: one.functionKey, to, label: labels.join("<br/>") });
  }
  for (const { arn, statements } of view.resources) {
    // Buckets and queues that no function knows tell nothing here.
    if (!nodes.has(names.shorten(arn))) continue;
    for (const statement of statements) {
      const { who, actions, conditions } = wordsOf(statement, names.shorten);
      const source = sourceOf(statement, names);
      const from = source === undefined ? node(who.join(", "), caller(who)) : resourceNode(source, "");
      const label = [
        actions.join(", "),
        ...(source === undefined ? conditions.map((one) => `if ${one}`) : []),
      ];
      edges.push({
        from,
        to: names.shorten(arn),
        label: label.join("<br/>"),
        ...(statement.effect === "Deny" && { isDenial: true }),
      });
    }
  }
  return flowchart(nodes, edges);
}

/** From what invokes a function to the function. Its routes are drawn already. */
function callEdges(
  { functionKey, callers, polls }: FunctionView,
  view: PermissionsView,
  stack: Stack,
  names: Names,
  node: (key: string, described: Node) => string,
  resourceNode: (pattern: string, action: string) => string,
): readonly Edge[] {
  const viaPolling = polls.map(({ arn }) => ({
    from: resourceNode(arn, "lambda"),
    to: functionKey,
    label: "polled by Lambda",
  }));
  const viaPermission = callers.flatMap((statement): Edge[] => {
    const { who } = wordsOf(statement, names.shorten);
    const source = sourceOf(statement, names);
    const owner = source === undefined ? undefined : names.owner(source);
    if (view.apis.some(({ logicalId }) => logicalId === owner?.logicalId)) return [];
    if (source === undefined || owner === undefined)
      return [{ from: node(who.join(", "), caller(who)), to: functionKey, label: "lambda:InvokeFunction" }];
    const rule = stack.resources.get(owner.logicalId);
    const from = node(names.shorten(source), { label: names.shorten(source), shape: "service" });
    return [
      ...eventSources(rule?.properties.EventPattern).map((service) => ({
        from: node(service, { label: service, shape: "service" }),
        to: from,
        label: "events",
      })),
      { from, to: functionKey, label: "lambda:InvokeFunction" },
    ];
  });
  return [...viaPolling, ...viaPermission];
}

/** What a function may do to each node, in as few words as tell. */
function touched(
  { statements }: FunctionView,
  names: Names,
  resourceNode: (pattern: string, action: string) => string,
): ReadonlyMap<string, readonly string[]> {
  const labels = new Map<string, string[]>();
  for (const statement of statements) {
    if (statement.source?.origin === "added") continue;
    const { actions, resources } = statement;
    for (const action of actions.patterns) {
      for (const resource of resources?.patterns ?? []) {
        const to = resourceNode(resource, action);
        const keys = statement.conditions.map(({ key }) => key);
        const words = [
          ...(statement.effect === "Deny" ? ["never"] : []),
          action,
          ...(resource === "*" || names.owner(resource) !== undefined
            ? []
            : [`on ${names.shorten(resource)}`]),
          ...(keys.length > 0 ? [`if ${keys.join(" and ")}`] : []),
        ];
        labels.set(to, [...(labels.get(to) ?? []), words.join(" ")]);
      }
    }
  }
  return labels;
}

/** The resource that a service has to act for. */
function sourceOf({ conditions, principals }: StatementView, names: Names): string | undefined {
  if (principals?.services.length === 0) return undefined;
  const [source] = conditions.find(({ key }) => key.toLowerCase() === "aws:sourcearn")?.values ?? [];
  return source !== undefined && names.owner(source) !== undefined ? source : undefined;
}

/** `aws.transcribe` of an event pattern, as `transcribe`, the prefix of the service's actions. */
function eventSources(pattern: unknown): readonly string[] {
  if (typeof pattern !== "object" || pattern === null || !("source" in pattern)) return [];
  const sources = Array.isArray(pattern.source) ? pattern.source : [];
  return sources.flatMap((source) => (typeof source === "string" ? [source.replace(/^aws\./, "")] : []));
}

function caller(who: readonly string[]): Node {
  return { label: who.join(", "), shape: "caller" };
}

function callerOf(authorization: string): string {
  if (authorization === "AWS_IAM") return "whoever may execute-api:Invoke";
  return authorization === "NONE" ? "anyone" : `whoever the ${authorization} authorizer lets in`;
}

function flowchart(nodes: ReadonlyMap<string, Node>, edges: readonly Edge[]): string {
  const ids = idsOf([...nodes.keys()]);
  const drawn = (key: string, { label, shape }: Node) => {
    const [open, close] = shapes[shape];
    return `${ids.get(key)}${open}${quoted(label)}${close}`;
  };
  const groups = Map.groupBy(nodes, ([, { group }]) => group);
  const boxes = [...groups].flatMap(([group, members], index) =>
    group === undefined || members.length === 1
      ? members.map(([key, node]) => `  ${drawn(key, node)}`)
      : [
          `  subgraph g${index}[${quoted(group)}]`,
          ...members.map(([key, node]) => `    ${drawn(key, node)}`),
          "  end",
        ],
  );
  const arrows = edges.map(({ from, to, label, isDenial = false }) => {
    const text = label === undefined ? "" : `|${quoted(isDenial ? `Deny ${label}` : label)}|`;
    return `  ${ids.get(from)} ${isDenial ? "-.-x" : "-->"}${text} ${ids.get(to)}`;
  });
  return ["flowchart LR", ...boxes, ...arrows].join("\n");
}

/** Ids of word characters, each once, so that the chart can be read without Mermaid too. */
function idsOf(keys: readonly string[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const taken = new Set(keywords);
  for (const key of keys) {
    const id = key.match(/[A-Za-z0-9]+/g)?.join("_") ?? "";
    const free = taken.has(id) || id === "" ? `${id}_${ids.size}` : id;
    taken.add(free);
    ids.set(key, free);
  }
  return ids;
}

/** What an id of a flowchart must not be. */
const keywords = [
  "class",
  "classDef",
  "click",
  "default",
  "direction",
  "end",
  "flowchart",
  "graph",
  "style",
  "subgraph",
];

/** Mermaid's own escape for a quote; `<br/>` is its line break. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', "#quot;")}"`;
}
