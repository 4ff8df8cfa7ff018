import { existsSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import type { FunctionCode } from "../lambda/types.ts";
import type { Framework, JsonResource } from "./framework.ts";
import { readTemplateSources } from "./template-sources.ts";

/** A template that stands for itself. */
export const plain: Framework = {
  name: "plain",
  recognises: () => true,
  async read({ file, json }) {
    const code = Object.entries(json.Resources).flatMap(([logicalId, resource]) => {
      const found = codeOf(resource, dirname(file));
      return found === undefined ? [] : [[logicalId, found] as const];
    });
    return {
      json,
      names: new Map(),
      code: new Map(code),
      readSources: (root) => readTemplateSources(root, { file, names: new Map(), language: "plain" }),
    };
  },
};

/**
 * Written out in the template, or a path that `aws cloudformation package` would upload; what lies in a bucket already
 * is not here.
 */
function codeOf({ Type, Properties }: JsonResource, folder: string): FunctionCode | undefined {
  const { Code, Content } = Properties ?? {};
  if (Type === "AWS::Lambda::LayerVersion" && typeof Content === "string")
    return localCode(resolve(folder, Content));
  if (Type !== "AWS::Lambda::Function") return undefined;
  if (typeof Code === "string") return localCode(resolve(folder, Code));
  const { ZipFile } = (Code ?? {}) as { ZipFile?: unknown };
  return typeof ZipFile === "string" ? { inline: ZipFile } : undefined;
}

/** @param path Of a folder or a zip; undefined where neither is. */
export function localCode(path: string): FunctionCode | undefined {
  if (!existsSync(path)) return undefined;
  return extname(path) === ".zip" ? { zip: path } : { folder: path };
}
