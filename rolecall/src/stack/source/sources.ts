import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { lineOf, type Path, type Place, type Places, readPlaces, scalarOf } from "./yaml-places.ts";

/** Where something was written. */
export interface Source {
  /** Relative to the service's folder, with slashes. */
  readonly file: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

export interface StatementSource extends Source {
  /**
   * `written`: by hand, as a statement. `event`: Lambda's permission for one of the function's events. `added`: by the
   * framework or a plugin; the line is the one that gives it its Sid.
   */
  readonly origin: "written" | "event" | "added";
  /** The comment on its Sid's line. */
  readonly why?: string;
}

/** A statement by its Sid, in the function's iamRoleStatements or in the resource that carries its policy. */
export type StatementPlace =
  | { readonly functionKey: string; readonly sid: string }
  | { readonly logicalId: string; readonly sid: string };

/**
 * What serverless.yml and the files that it includes say, by line. Function keys are those of `ExecutionRole`. A path
 * that is not written to its end gives the line of what is there of it, so that a finding about something that is
 * missing has a place; a function or a resource that is not there gives undefined.
 */
export interface Sources {
  statement(where: StatementPlace): StatementSource | undefined;
  /** E.g. `functionLine("storePhoto", "environment", "PHOTOS_BUCKET")`. */
  functionLine(functionKey: string, ...path: Path): Source | undefined;
  /**
   * E.g. `resourceLine("UploadsQueue", "Properties", "VisibilityTimeout")`. What the framework makes for a function
   * (role, permission, event source mapping, log group) has the line of the event or the function that it is made for.
   */
  resourceLine(logicalId: string, ...path: Path): Source | undefined;
  /** The event that makes a route of the HTTP API, e.g. `POST /photos`. */
  routeLine(routeKey: string): Source | undefined;
  /** Anything else in serverless.yml, e.g. `serviceLine("provider", "environment", "AWS_PROFILE")`. */
  serviceLine(...path: Path): Source;
}

/**
 * Reads where things are written.
 *
 * @param root The service's folder.
 * @throws Error that names the file and the line, when one is no YAML.
 */
export async function readSources(root: string): Promise<Sources> {
  const places = await readPlaces(root, "serverless.yml");
  const added = await readAdded(root);
  const { whole, find, reach, items, entries } = places;
  const functions = items(find(whole, "functions")).flatMap((part) =>
    entries(part).map(([key, place]): FunctionPlace => ({ prefix: functionPrefix(key), place })),
  );
  const resources = new Map(
    items(find(whole, "resources")).flatMap((part) => entries(find(part, "Resources"))),
  );
  const functionAt = (key: string) => functions.find(({ prefix }) => prefix === functionPrefix(key))?.place;
  const generatedAt = (logicalId: string) => generated(places, functions, logicalId);

  return {
    statement: (where) => {
      const { sid } = where;
      if ("functionKey" in where) {
        const place = functionAt(where.functionKey);
        return written(places, place && find(place, "iamRoleStatements"), sid) ?? added.get(sid);
      }
      const resource = resources.get(where.logicalId);
      if (resource !== undefined)
        return policiesOf(places, resource)
          .map((list) => written(places, list, sid))
          .find(Boolean);
      if (added.has(sid)) return added.get(sid);
      const made = generatedAt(where.logicalId);
      return made?.isEvent ? { ...lineOf(made.place), origin: "event" } : undefined;
    },
    functionLine: (key, ...path) => {
      const place = functionAt(key);
      return place && lineOf(reach(place, ...path));
    },
    resourceLine: (logicalId, ...path) => {
      const resource = resources.get(logicalId);
      if (resource !== undefined) return lineOf(reach(resource, ...path));
      const made = generatedAt(logicalId);
      return made && lineOf(made.place);
    },
    routeLine: (routeKey) => {
      const events = functions.flatMap(({ place }) => eventsOf(places, place));
      const event = events.find((one) => one.routeKey === routeKey);
      return event && lineOf(event.place);
    },
    serviceLine: (...path) => lineOf(reach(whole, ...path)),
  };
}

/** The statement of a list that has this Sid. */
function written({ items, find }: Places, list: Place | undefined, sid: string): StatementSource | undefined {
  for (const statement of items(list)) {
    const { text, comment } = scalarOf(find(statement, "Sid")) ?? {};
    if (text !== sid) continue;
    return { ...lineOf(statement), origin: "written", ...(comment !== undefined && { why: comment }) };
  }
  return undefined;
}

/** The lists of statements of a resource: of its policy, or of a role's trust policy and inline policies. */
function policiesOf({ find, items }: Places, resource: Place): readonly (Place | undefined)[] {
  return [
    find(resource, "Properties", "PolicyDocument", "Statement"),
    find(resource, "Properties", "AssumeRolePolicyDocument", "Statement"),
    ...items(find(resource, "Properties", "Policies")).map((policy) =>
      find(policy, "PolicyDocument", "Statement"),
    ),
  ];
}

interface FunctionPlace {
  /** What osls begins the names with of all that it makes for the function. */
  readonly prefix: string;
  readonly place: Place;
}

/** The key, its first letter in upper case, a dash written "Dash" and an underscore "Underscore". */
function functionPrefix(key: string): string {
  const name = key.replaceAll("-", "Dash").replaceAll("_", "Underscore");
  return name.charAt(0).toUpperCase() + name.slice(1);
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
    // Either `httpApi: POST /photos` or `httpApi: { method: POST, path: /photos }`.
    const [method, path] = ["method", "path"].map((key) => scalarOf(find(content, key))?.text);
    const routeKey = scalarOf(content)?.text ?? `${method?.toUpperCase()} ${path}`;
    return [{ type, place, ...(type === "httpApi" && { routeKey }) }];
  });
}

/**
 * The event, or else the function, that osls makes a resource for, by the resource's name:
 * `SendMailEventBridgeLambdaPermission1` is for the first eventBridge event of `sendMail`.
 */
function generated(
  places: Places,
  functions: readonly FunctionPlace[],
  logicalId: string,
): { readonly place: Place; readonly isEvent: boolean } | undefined {
  const [owner] = functions
    .flatMap(({ prefix, place }) => {
      if (logicalId.startsWith(prefix)) return [{ place, length: prefix.length, end: prefix.length }];
      // A rule is called after service, stage and function: PhotosdevsendMailrule1EventBridgeRule.
      const rule = `${prefix.charAt(0).toLowerCase()}${prefix.slice(1)}rule`;
      const start = logicalId.endsWith("EventBridgeRule") ? logicalId.indexOf(rule) : -1;
      return start < 0 ? [] : [{ place, length: rule.length, end: start + rule.length }];
    })
    // One function's name may begin another's.
    .sort((a, b) => b.length - a.length);
  if (owner === undefined) return undefined;
  const rest = logicalId.slice(owner.end).toLowerCase();
  const events = eventsOf(places, owner.place).filter(({ type }) => rest.includes(type.toLowerCase()));
  const position = Number(/^\d+|\d+$/.exec(rest)?.[0] ?? 1);
  const event = events[position - 1] ?? events[0];
  return { place: event?.place ?? owner.place, isEvent: event !== undefined };
}

/** What gives Sids to the statements that the framework and its plugins add. */
const plugin = "resources/least-privilege.js";

/** Where the plugin names each Sid that it gives, as `["an:Action", "TheSid"]`. None where there is no such plugin. */
async function readAdded(root: string): Promise<ReadonlyMap<string, StatementSource>> {
  const text = await readFile(join(root, plugin), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return new Map(
    text.split(/\r?\n/).flatMap((content, index) => {
      const [, sid, why] = /\["[\w*]+:[\w*]+", "([A-Za-z0-9]+)"\][^/]*(?:\/\/ *(.*))?/.exec(content) ?? [];
      if (sid === undefined) return [];
      return [[sid, { file: plugin, line: index + 1, origin: "added", ...(why && { why }) }] as const];
    }),
  );
}
