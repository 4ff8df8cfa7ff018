import { type Properties, type Resource, record } from "./draft.ts";

const types: ReadonlyMap<string, string> = new Map(
  ["Function", "Api", "HttpApi", "SimpleTable", "StateMachine", "LayerVersion", "WebSocketApi"].map(
    (name) => [`AWS::Serverless::${name}`, name],
  ),
);

/**
 * Gives a resource what `Globals` says of its type.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
 */
export function withGlobals(resource: Resource, globals: Properties): Resource {
  const section = types.get(resource.Type);
  if (section === undefined || globals[section] === undefined || resource.IgnoreGlobals === "*")
    return resource;
  const ignored = Array.isArray(resource.IgnoreGlobals) ? resource.IgnoreGlobals : [];
  const general = Object.fromEntries(
    Object.entries(record(globals[section])).filter(([key]) => !ignored.includes(key)),
  );
  return { ...resource, Properties: record(merge(general, resource.Properties ?? {})) };
}

/** Maps are merged, lists put one after the other, everything else is the resource's own. */
function merge(general: unknown, own: unknown): unknown {
  if (Array.isArray(general) && Array.isArray(own)) return [...general, ...own];
  if (!isMap(general) || !isMap(own)) return own;
  const keys = [...new Set([...Object.keys(general), ...Object.keys(own)])];
  return Object.fromEntries(
    keys.map((key) => [
      key,
      !Object.hasOwn(own, key)
        ? general[key]
        : !Object.hasOwn(general, key)
          ? own[key]
          : merge(general[key], own[key]),
    ]),
  );
}

function isMap(value: unknown): value is Properties {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const [first, ...others] = Object.keys(value);
  return others.length > 0 || !(first === "Ref" || first?.startsWith("Fn::"));
}
