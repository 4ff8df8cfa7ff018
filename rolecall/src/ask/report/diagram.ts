import type { Stack } from "../../stack/template.ts";
import { type Name, type Names, namesOf } from "./names.ts";
import type { ApiView, FunctionView, PermissionsView, ResourceView, StatementView } from "./view.ts";
import { actionWords, wordsOf } from "./words.ts";

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

/** A drawing that grows: each node is in it once, whoever draws it. */
interface Chart {
  readonly nodes: Map<string, Node>;
  readonly edges: Edge[];
}

/**
 * Who calls whom, and who may touch what: as a Mermaid flowchart. What a plugin adds to the roles is left out: logs,
 * and the polling, which is drawn as the call that it is.
 *
 * https://mermaid.js.org/syntax/flowchart.html
 */
export function permissionsDiagram(view: PermissionsView, stack: Stack): string {
  const names = namesOf(stack);
  const chart: Chart = { nodes: new Map(), edges: [] };
  for (const api of view.apis) drawRoutes(chart, api);
  for (const one of view.functions) {
    drawCalls(chart, one, view, stack, names);
    drawGrants(chart, one, names);
  }
  for (const resource of view.resources) drawPolicy(chart, resource, names);
  return flowchart(chart);
}

function drawRoutes(chart: Chart, { logicalId, routes }: ApiView): void {
  for (const { routeKey, authorization, functionKey } of routes) {
    const route = draw(chart, `${logicalId} ${routeKey}`, {
      label: routeKey,
      shape: "route",
      group: logicalId,
    });
    chart.edges.push({ from: drawNamed(chart, callerOf(authorization), "caller"), to: route });
    if (functionKey !== undefined)
      chart.edges.push({ from: route, to: drawNamed(chart, functionKey, "function") });
  }
}

/** From what invokes a function to the function. Its routes are drawn already. */
function drawCalls(
  chart: Chart,
  { functionKey, callers, polls }: FunctionView,
  view: PermissionsView,
  stack: Stack,
  names: Names,
): void {
  const to = drawNamed(chart, functionKey, "function");
  for (const { arn } of polls)
    chart.edges.push({ from: drawResource(chart, arn, names), to, label: "polled by Lambda" });
  for (const statement of callers) {
    const source = sourceOf(statement, names);
    if (view.apis.some(({ logicalId }) => logicalId === source?.owner.logicalId)) continue;
    const from =
      source === undefined
        ? drawNamed(chart, wordsOf(statement, names.shorten).who.join(", "), "caller")
        : drawNamed(chart, names.shorten(source.arn), "service");
    const rule = source && stack.resources.get(source.owner.logicalId);
    for (const service of eventSources(rule?.properties.EventPattern))
      chart.edges.push({ from: drawNamed(chart, service, "service"), to: from, label: "events" });
    chart.edges.push({ from, to, label: statement.actions.patterns.join("<br/>") });
  }
}

/** From a function to what it may touch, the actions on the arrow. */
function drawGrants(chart: Chart, { functionKey, statements }: FunctionView, names: Names): void {
  const labels = new Map<string, string[]>();
  for (const statement of statements) {
    if (statement.source?.origin === "added") continue;
    const { effect, actions, resources, conditions } = statement;
    const keys = conditions.map(({ key }) => key);
    for (const action of actionWords(actions)) {
      for (const resource of resources?.not ? ["*"] : (resources?.patterns ?? [])) {
        const to = isInStack(resource, names)
          ? drawResource(chart, resource, names)
          : drawNamed(chart, actions.not ? "everything" : (action.split(":")[0] ?? action), "service");
        const words = [
          ...(effect === "Deny" ? ["never"] : []),
          action,
          ...(resource === "*" || isInStack(resource, names) ? [] : [`on ${names.shorten(resource)}`]),
          ...(keys.length > 0 ? [`if ${keys.join(" and ")}`] : []),
        ];
        labels.set(to, [...(labels.get(to) ?? []), words.join(" ")]);
      }
    }
  }
  for (const [to, said] of labels) chart.edges.push({ from: functionKey, to, label: said.join("<br/>") });
}

/** From whom a resource's policy names to the resource. One that no function knows tells nothing here. */
function drawPolicy(chart: Chart, { arn, statements }: ResourceView, names: Names): void {
  if (!chart.nodes.has(names.shorten(arn))) return;
  for (const statement of statements) {
    const { who, actions, conditions } = wordsOf(statement, names.shorten);
    const source = sourceOf(statement, names);
    const from =
      source === undefined
        ? drawNamed(chart, who.join(", "), "caller")
        : drawResource(chart, source.arn, names);
    const terms = source === undefined ? conditions.map((condition) => `if ${condition}`) : [];
    chart.edges.push({
      from,
      to: names.shorten(arn),
      label: [actions.join(", "), ...terms].join("<br/>"),
      isDenial: statement.effect === "Deny",
    });
  }
}

/** @returns the key to draw edges with */
function draw({ nodes }: Chart, key: string, node: Node): string {
  if (!nodes.has(key)) nodes.set(key, node);
  return key;
}

function drawNamed(chart: Chart, label: string, shape: Node["shape"]): string {
  return draw(chart, label, { label, shape });
}

function drawResource(chart: Chart, arn: string, names: Names): string {
  const label = names.shorten(arn);
  const group = names.owner(arn)?.logicalId;
  return draw(chart, label, { label, shape: "storage", ...(group !== undefined && { group }) });
}

function isInStack(resource: string, names: Names): boolean {
  return names.owner(resource) !== undefined;
}

/** The resource of the stack that a service has to act for. */
function sourceOf(
  { conditions, principals }: StatementView,
  names: Names,
): { readonly arn: string; readonly owner: Name } | undefined {
  if (principals?.services.length === 0) return undefined;
  const [arn] = conditions.find(({ key }) => key.toLowerCase() === "aws:sourcearn")?.values ?? [];
  const owner = arn === undefined ? undefined : names.owner(arn);
  return arn !== undefined && owner !== undefined ? { arn, owner } : undefined;
}

/** `aws.transcribe` of an event pattern, as `transcribe`, the prefix of the service's actions. */
function eventSources(pattern: unknown): readonly string[] {
  if (typeof pattern !== "object" || pattern === null || !("source" in pattern)) return [];
  const sources = Array.isArray(pattern.source) ? pattern.source : [];
  return sources.flatMap((source) => (typeof source === "string" ? [source.replace(/^aws\./, "")] : []));
}

function callerOf(authorization: string): string {
  if (authorization === "AWS_IAM") return "whoever may execute-api:Invoke";
  return authorization === "NONE" ? "anyone" : `whoever the ${authorization} authorizer lets in`;
}

function flowchart({ nodes, edges }: Chart): string {
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
    let free = id;
    for (let count = 2; free === "" || taken.has(free); count += 1) free = `${id}_${count}`;
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
