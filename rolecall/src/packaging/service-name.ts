import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/**
 * What serverless.yml calls its service, before anything is packaged.
 *
 * @param root The folder of serverless.yml.
 * @throws Error when the file has no name that is written out.
 */
export function serviceName(root: string): string {
  const { service } = parse(readFileSync(join(root, "serverless.yml"), "utf8"), { logLevel: "error" });
  if (typeof service !== "string") throw new Error("serverless.yml does not name its service.");
  return service;
}
