import { relative, sep } from "node:path";
import type { Language, Path, Sources, StatementPlace, StatementSource } from "../stack/source/sources.ts";
import { writtenWithin } from "./statements.ts";
import { lineOf, type Place, type Places, readPlaces, scalarOf } from "./yaml-places.ts";

export interface TemplateOnDisk {
  /** Absolute: the template as its author wrote it, before any macro. */
  readonly file: string;
  /** The functions' names by their logical ids, where they differ. */
  readonly names: ReadonlyMap<string, string>;
  readonly language: Language;
}

/** Where a template says what serverless.yml says under a function's key. */
const propertiesOf: Readonly<Record<string, Path>> = {
  environment: ["Properties", "Environment", "Variables"],
  events: ["Properties", "Events"],
  iamRoleStatements: ["Properties", "Policies"],
  memorySize: ["Properties", "MemorySize"],
  role: ["Properties", "Role"],
  timeout: ["Properties", "Timeout"],
  url: ["Properties", "FunctionUrlConfig"],
};

/** The resources that carry policies for roles. */
const policyTypes: ReadonlySet<string | undefined> = new Set([
  "AWS::IAM::Policy",
  "AWS::IAM::ManagedPolicy",
  "AWS::IAM::RolePolicy",
]);

/**
 * Reads where a template says things: its own lines.
 *
 * @param root The project's folder.
 * @throws Error that names the file and the line, when it is not YAML or JSON.
 */
export async function readTemplateSources(
  root: string,
  { file, names, language }: TemplateOnDisk,
): Promise<Sources> {
  const places = await readPlaces(root, relative(root, file).split(sep).join("/"));
  const { whole, find, reach, entries } = places;
  const resources = new Map(entries(find(whole, "Resources")));
  const functionAt = (key: string): Place | undefined => {
    const [logicalId] = [...names].find(([, name]) => name === key) ?? [];
    return resources.get(logicalId ?? key);
  };
  /** What a macro made for a resource is called after it. */
  const madeFor = (logicalId: string): Place | undefined => {
    const [longest] = [...resources.keys()]
      .filter((id) => logicalId.startsWith(id))
      .sort((a, b) => b.length - a.length);
    return longest === undefined ? undefined : resources.get(longest);
  };
  const inRole = (key: string, where: StatementPlace): StatementSource | undefined => {
    const own = functionAt(key);
    const role = own && resources.get(targetOf(places, find(own, "Properties", "Role")) ?? "");
    const policies = [...resources.values()].filter((one) =>
      policyTypes.has(scalarOf(find(one, "Type"))?.text),
    );
    for (const place of [own, role && find(role, "Properties", "Policies"), ...policies]) {
      const found = place && writtenWithin(places, place, where);
      if (found !== undefined) return found;
    }
    // What SAM puts into a role beside the author's statements, out of its policy templates for one.
    return language === "sam" && own !== undefined ? { origin: "added" } : undefined;
  };

  return {
    language,
    statement: (where) => {
      if ("functionKey" in where) return inRole(where.functionKey, where);
      const resource = resources.get(where.logicalId);
      return resource && writtenWithin(places, resource, where);
    },
    functionLine: (key, first, ...rest) => {
      const place = functionAt(key);
      if (place === undefined || first === undefined) return place && lineOf(place);
      const path = propertiesOf[first] ?? [first];
      // Without a role of the framework's making, a function's statements stand in its role.
      const role = first === "iamRoleStatements" && targetOf(places, find(place, "Properties", "Role"));
      const carrier = role ? resources.get(role) : undefined;
      return lineOf(reach(carrier ?? place, ...path, ...rest));
    },
    resourceLine: (logicalId, ...path) => {
      const resource = resources.get(logicalId);
      if (resource !== undefined) return lineOf(reach(resource, ...path));
      const made = madeFor(logicalId);
      return made && lineOf(made);
    },
    routeLine: (routeKey) => {
      const route = [...resources.values()]
        .flatMap((one) => routesIn(places, one))
        .find((one) => one.routeKey === routeKey);
      return route && lineOf(route.place);
    },
    serviceLine: (...path) => lineOf(reach(whole, ...path)),
  };
}

/** The resource that `!GetAtt X.Arn` or `!Ref X` names, in YAML's short form or in JSON's long one. */
function targetOf({ find, items }: Places, value: Place | undefined): string | undefined {
  if (value === undefined) return undefined;
  const called = find(value, "Fn::GetAtt") ?? find(value, "Ref") ?? value;
  const [first] = items(called);
  return scalarOf(first)?.text.split(".")[0];
}

/** A route of an HTTP API, and what SAM makes one of. */
function routesIn({ find, entries }: Places, resource: Place): { routeKey: string; place: Place }[] {
  const text = (from: Place, ...path: Path) => scalarOf(find(from, ...path))?.text;
  const own = text(resource, "Properties", "RouteKey");
  if (own !== undefined) return [{ routeKey: own, place: resource }];
  return entries(find(resource, "Properties", "Events")).flatMap(([, place]) => {
    const [method, path] = ["Method", "Path"].map((key) => text(place, "Properties", key));
    if (method === undefined || path === undefined) return [];
    return [{ routeKey: `${method.toUpperCase()} ${path}`, place }];
  });
}
