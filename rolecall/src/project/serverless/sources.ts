import { extname } from "node:path";
import type { Source, Sources, StatementPlace } from "../../stack/source/sources.ts";
import type { JsonTemplate } from "../framework.ts";
import { ownersOf } from "../owners.ts";
import { written, writtenWithin } from "../statements.ts";
import { lineOf, type Place, type Places, readPlaces, scalarOf } from "../yaml-places.ts";

export interface ServerlessService {
  /** The service's main file, relative to the project's folder. */
  readonly file: string;
  readonly json: JsonTemplate;
  /** The functions' keys, by their logical ids. */
  readonly names: ReadonlyMap<string, string>;
}

/** Where a function's statements stand: under the per-function plugin's key, or version 4's own. */
const inFunction = [["iamRoleStatements"], ["iam", "role", "statements"]] as const;

/** Where those stand that the functions share. */
const inProvider = [
  ["provider", "iam", "role", "statements"],
  ["provider", "iamRoleStatements"],
] as const;

/**
 * Reads where things are written: in serverless.yml and in the files that it includes. Of a service that is written as a
 * program, only the file is known.
 *
 * @param root The project's folder.
 * @throws Error that names the file and the line, when one is not YAML.
 */
export async function readSources(root: string, { file, json, names }: ServerlessService): Promise<Sources> {
  if (![".yml", ".yaml", ".json"].includes(extname(file))) return unreadable(file);
  const places = await readPlaces(root, file);
  const { whole, find, reach, items, entries } = places;
  const functions = new Map(items(find(whole, "functions")).flatMap(entries));
  const resources = new Map(
    items(find(whole, "resources")).flatMap((part) => entries(find(part, "Resources"))),
  );
  const ownerOf = ownersOf(json);
  const isVersion4 = [...functions.values()].some((place) => find(place, "iam", "role") !== undefined);

  /** The event, or else the function, that the framework made a resource for. */
  const madeFor = (logicalId: string): { readonly place: Place; readonly isEvent: boolean } | undefined => {
    const owner = ownerOf(logicalId);
    const place = functions.get((owner && names.get(owner)) ?? "");
    if (owner === undefined || place === undefined) return undefined;
    const event = eventOf(places, place, logicalId, owner);
    return { place: event ?? place, isEvent: event !== undefined };
  };
  const inRole = (functionKey: string, where: StatementPlace) => {
    const place = functions.get(functionKey);
    if (place === undefined) return undefined;
    const lists = [
      ...inFunction.map((path) => find(place, ...path)),
      ...inProvider.map((path) => find(whole, ...path)),
    ].filter((list) => list !== undefined);
    const found = lists.map((list) => written(places, list, where)).find(Boolean);
    if (found !== undefined) return found;
    // A list that only the framework can read (a variable, a program) may hold any statement.
    const isUnread = lists.some((list) => items(list).some((item) => scalarOf(item) !== undefined));
    const isMade = !isUnread && isInGeneratedRole(functionKey, where);
    return isMade ? ({ origin: "added" } as const) : undefined;
  };
  const isInGeneratedRole = (functionKey: string, where: StatementPlace): boolean => {
    const [logicalId = ""] = [...names].find(([, key]) => key === functionKey) ?? [];
    const role = roleOf(json, logicalId);
    return role !== undefined && !resources.has(role) && holds(json.Resources[role]?.Properties, where);
  };

  return {
    language: isVersion4 ? "serverless-4" : "serverless",
    statement: (where) => {
      if ("functionKey" in where) return inRole(where.functionKey, where);
      const resource = resources.get(where.logicalId);
      if (resource !== undefined) return writtenWithin(places, resource, where);
      const made = madeFor(where.logicalId);
      if (made?.isEvent) return { ...lineOf(made.place), origin: "event" };
      return Object.hasOwn(json.Resources, where.logicalId) ? { origin: "added" } : undefined;
    },
    functionLine: (key, ...path) => {
      const place = functions.get(key);
      return place && lineOf(reach(place, ...path));
    },
    resourceLine: (logicalId, ...path) => {
      const resource = resources.get(logicalId);
      if (resource !== undefined) return lineOf(reach(resource, ...path));
      const made = madeFor(logicalId);
      return made && lineOf(made.place);
    },
    routeLine: (routeKey) => {
      const events = [...functions.values()].flatMap((place) => eventsOf(places, place));
      const event = events.find((one) => one.routeKey === routeKey);
      return event && lineOf(event.place);
    },
    serviceLine: (...path) => lineOf(reach(whole, ...path)),
  };
}

function unreadable(file: string): Sources {
  const nowhere = (): undefined => undefined;
  return {
    language: "serverless",
    statement: nowhere,
    functionLine: nowhere,
    resourceLine: nowhere,
    routeLine: nowhere,
    serviceLine: (): Source => ({ file, line: 1 }),
  };
}

function roleOf({ Resources }: JsonTemplate, functionId: string): string | undefined {
  const { Role } = (Resources[functionId]?.Properties ?? {}) as { Role?: Record<string, unknown> };
  const target = Role?.["Fn::GetAtt"];
  const role = Array.isArray(target) ? target[0] : String(target).split(".")[0];
  return Object.hasOwn(Resources, role) ? role : undefined;
}

/** Whether a value of the template has this statement somewhere in it. */
function holds(value: unknown, where: StatementPlace): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { Sid, Effect, Action } = value as Record<string, unknown>;
  if (Effect !== undefined) {
    if (where.sid !== undefined || Sid !== undefined) return Sid === where.sid;
    const named = [Action].flat().map((one) => String(one).toLowerCase());
    const wanted = where.actions?.map((one) => one.toLowerCase());
    return wanted?.length === named.length && named.every((one) => wanted.includes(one));
  }
  return Object.values(value).some((part) => holds(part, where));
}

interface EventPlace {
  readonly type: string;
  /** Of an httpApi event. */
  readonly routeKey?: string;
  readonly place: Place;
}

function eventsOf(places: Places, functionPlace: Place): readonly EventPlace[] {
  const { find, items, entries } = places;
  return items(find(functionPlace, "events")).flatMap((place): EventPlace[] => {
    const plain = scalarOf(place);
    if (plain !== undefined) return [{ type: plain.text, place }];
    const [entry] = entries(place);
    if (entry === undefined) return [];
    const [type, content] = entry;
    // Either `httpApi: POST /items` or `httpApi: { method: POST, path: /items }`.
    const [method, path] = ["method", "path"].map((key) => scalarOf(find(content, key))?.text);
    const routeKey = scalarOf(content)?.text ?? `${method?.toUpperCase()} ${path}`;
    return [{ type, place, ...(type === "httpApi" && { routeKey }) }];
  });
}

/** Events whose resources do not bear their type's name. */
const resourceWords: Readonly<Record<string, string>> = { http: "apigateway", stream: "eventsourcemapping" };

/**
 * The event that a resource is made for, by the resource's name: `ReportEventBridgeLambdaPermission1` is for the first
 * eventBridge event of `report`.
 */
function eventOf(places: Places, functionPlace: Place, logicalId: string, owner: string): Place | undefined {
  const prefix = owner.replace(/LambdaFunction$/, "");
  const rest = (logicalId.startsWith(prefix) ? logicalId.slice(prefix.length) : logicalId).toLowerCase();
  const events = eventsOf(places, functionPlace).filter(({ type }) =>
    rest.includes(resourceWords[type] ?? type.toLowerCase()),
  );
  // A rule is called after the stack, the function and its position: Shopdevreportrule1EventBridgeRule.
  const [, position = 1] = /(\d+)(?:eventbridgerule)?$/.exec(rest) ?? [];
  return (events[Number(position) - 1] ?? events[0])?.place;
}
