import type { JsonTemplate } from "./framework.ts";

/**
 * Tells which function a framework made a resource for: the one that the resource refers to, or that refers to the
 * resource as its role or depends on it; none where several functions do.
 *
 * @returns the function's logical id, by the resource's.
 */
export function ownersOf({ Resources }: JsonTemplate): (logicalId: string) => string | undefined {
  const functions = Object.keys(Resources).filter((id) => Resources[id]?.Type === "AWS::Lambda::Function");
  const isFunction = new Set(functions);
  return (logicalId) => {
    const resource = Resources[logicalId];
    if (resource === undefined || isFunction.has(logicalId)) return undefined;
    const named = functions.filter((id) => refersTo(resource.Properties, id));
    const users = functions.filter(
      (id) =>
        refersTo(Resources[id]?.Properties?.Role, logicalId) ||
        [Resources[id]?.DependsOn].flat().includes(logicalId),
    );
    return [named, users].find((ids) => ids.length === 1)?.[0];
  };
}

/** Whether a value holds `Ref`, `Fn::GetAtt` or `Fn::Sub` of this resource. */
export function refersTo(value: unknown, logicalId: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => refersTo(item, logicalId));
  return Object.entries(value).some(([key, argument]) => {
    const first = Array.isArray(argument) ? argument[0] : argument;
    if (key === "Ref") return argument === logicalId;
    if (key === "Fn::GetAtt") return String(first).split(".")[0] === logicalId;
    if (key === "Fn::Sub" && new RegExp(`\\$\\{${logicalId}[.}]`).test(String(first))) return true;
    return refersTo(argument, logicalId);
  });
}
