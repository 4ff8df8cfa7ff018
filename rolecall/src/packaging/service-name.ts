import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The name that every resource of a stage begins with.
 *
 * @param root The folder of serverless.yml.
 */
export function serviceName(root: string): string {
  const name = /^service: *([\w-]+)/m.exec(readFileSync(join(root, "serverless.yml"), "utf8"))?.[1];
  if (!name) throw new Error("serverless.yml does not name its service.");
  return name;
}
