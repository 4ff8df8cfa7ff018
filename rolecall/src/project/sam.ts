import { existsSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import type { FunctionCode } from "../lambda/types.ts";
import { isSam, type SamTemplate, transformSam } from "../stack/sam/transform.ts";
import type { Framework, JsonResource, JsonTemplate } from "./framework.ts";
import { readTemplateSources } from "./template-sources.ts";

/** The Serverless Application Model: as it was written, or as `sam build` leaves it. Functions bear their logical ids. */
export const sam: Framework = {
  name: "sam",
  recognises: ({ json }) => isSam(json as SamTemplate),
  async read({ file, json }) {
    const { template, notes } = transformSam(json as SamTemplate);
    const shared = ((json.Globals ?? {}) as { Function?: Properties }).Function ?? {};
    const code = Object.entries(json.Resources).flatMap(([logicalId, resource]) => {
      const found = codeOf(resource, shared, dirname(file));
      return found === undefined ? [] : [[logicalId, found] as const];
    });
    return {
      json: template as JsonTemplate,
      names: new Map(),
      code: new Map(code),
      notes,
      readSources: (root) => readTemplateSources(root, { file, names: new Map(), language: "sam" }),
    };
  },
};

type Properties = Readonly<Record<string, unknown>>;

/** Before a build the folder holds the sources, after one what is deployed. */
function codeOf(
  { Type, Properties = {} }: JsonResource,
  shared: Properties,
  folder: string,
): FunctionCode | undefined {
  if (Type !== "AWS::Serverless::Function") return undefined;
  const { InlineCode, CodeUri = shared.CodeUri } = Properties;
  if (typeof InlineCode === "string") return { inline: InlineCode };
  if (typeof CodeUri !== "string" || CodeUri.startsWith("s3://")) return undefined;
  const path = resolve(folder, CodeUri);
  if (!existsSync(path)) return undefined;
  return extname(path) === ".zip" ? { zip: path } : { folder: path };
}
