import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import * as v from "valibot";
import type { FunctionCode } from "../lambda/types.ts";
import type { Framework, JsonResource } from "./framework.ts";
import { readTemplateSources } from "./template-sources.ts";

/** A template that `cdk synth` wrote. Functions bear their constructs' paths, without the stack's name. */
export const cdk: Framework = {
  name: "cdk",
  recognises: ({ json }) =>
    Object.values(json.Resources).some(
      (resource) => resource.Type === "AWS::CDK::Metadata" || pathOf(resource) !== undefined,
    ),
  async read({ file, json }) {
    const functions = Object.entries(json.Resources).filter(
      ([, { Type }]) => Type === "AWS::Lambda::Function",
    );
    const names = new Map(
      functions.flatMap(([logicalId, resource]) => {
        const path = pathOf(resource);
        return path === undefined ? [] : [[logicalId, path.slice(1).join("/")] as const];
      }),
    );
    const code = functions.flatMap(([logicalId, resource]) => {
      const found = codeOf(resource, dirname(file));
      return found === undefined ? [] : [[logicalId, found] as const];
    });
    const deployed = await deployedAs(file);
    const [stackPath] = Object.values(json.Resources).flatMap((resource) => pathOf(resource)?.[0] ?? []);
    const stackName = deployed.stackName ?? stackPath;
    return {
      json,
      names,
      code: new Map(code),
      ...(stackName !== undefined && { stackName }),
      ...(deployed.region !== undefined && { region: deployed.region }),
      readSources: (root) => readTemplateSources(root, { file, names, language: "cdk" }),
    };
  },
};

/**
 * `Stack/Orders/Handler/Resource` is the stack and its construct `Orders/Handler`.
 *
 * https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
 */
function pathOf({ Metadata }: JsonResource): readonly string[] | undefined {
  const path = Metadata?.["aws:cdk:path"];
  if (typeof path !== "string") return undefined;
  const parts = path.split("/");
  // A construct's main resource bears one of these names.
  return parts.length > 2 && /^(?:Resource|Default)$/.test(parts.at(-1) ?? "") ? parts.slice(0, -1) : parts;
}

/** The code lies beside the template, in a folder or a zip that is named after its content. */
function codeOf({ Properties, Metadata }: JsonResource, folder: string): FunctionCode | undefined {
  const { ZipFile } = (Properties?.Code ?? {}) as { ZipFile?: unknown };
  if (typeof ZipFile === "string") return { inline: ZipFile };
  const asset = Metadata?.["aws:asset:path"];
  if (typeof asset !== "string") return undefined;
  const path = resolve(folder, asset);
  if (!existsSync(path)) return undefined;
  return extname(path) === ".zip" ? { zip: path } : { folder: path };
}

const manifestSchema = v.looseObject({
  artifacts: v.optional(
    v.record(
      v.string(),
      v.looseObject({
        environment: v.optional(v.string()),
        properties: v.optional(
          v.looseObject({ templateFile: v.optional(v.string()), stackName: v.optional(v.string()) }),
        ),
      }),
    ),
    {},
  ),
});

/** What cdk.out's manifest says of the stack; nothing where there is no manifest that can be read. */
async function deployedAs(file: string): Promise<{ readonly stackName?: string; readonly region?: string }> {
  const text = await readFile(join(dirname(file), "manifest.json"), "utf8").catch(() => "{}");
  const manifest = v.safeParse(v.pipe(v.string(), v.parseJson(), manifestSchema), text);
  if (!manifest.success) return {};
  const artifact = Object.entries(manifest.output.artifacts).find(
    ([, { properties }]) => properties?.templateFile === basename(file),
  );
  if (artifact === undefined) return {};
  const [id, { environment = "", properties }] = artifact;
  const region = /^aws:\/\/[^/]+\/([a-z]{2}(?:-[a-z]+)+-\d)$/.exec(environment)?.[1];
  return { stackName: properties?.stackName ?? id, ...(region !== undefined && { region }) };
}
