import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import type { FunctionCode } from "../../lambda/types.ts";
import type { Framework, JsonResource, JsonTemplate } from "../framework.ts";
import { readSources } from "./sources.ts";

/** What versions 3 and 4 of the framework and osls call the template that they deploy. */
export const templateName = "cloudformation-template-update-stack.json";

/** What they write beside it: the service as they understood it. */
const stateName = "serverless-state.json";

const text = v.optional(v.string());
const artifact = v.optional(v.looseObject({ artifact: text }), {});
const stateSchema = v.looseObject({
  service: v.looseObject({
    service: v.string(),
    serviceFilename: text,
    provider: v.looseObject({ stage: text, region: text, stackName: text }),
    functions: v.optional(v.record(v.string(), v.looseObject({ name: v.string(), package: artifact })), {}),
  }),
  package: artifact,
});

type State = v.InferOutput<typeof stateSchema>;

/** The Serverless Framework 3 and 4, and osls. */
export const serverless: Framework = {
  name: "serverless",

  recognises: ({ file }) => existsSync(join(dirname(file), stateName)),

  async read({ file, json }) {
    const folder = dirname(file);
    const state = await readState(join(folder, stateName));
    const { service, functions, provider, serviceFilename } = state.service;
    const keys = new Map(Object.entries(functions).map(([key, { name }]) => [name, key]));
    const names = new Map(
      Object.entries(json.Resources).flatMap(([logicalId, { Type, Properties }]) => {
        const key = Type === "AWS::Lambda::Function" ? keys.get(String(Properties?.FunctionName)) : undefined;
        return key === undefined ? [] : [[logicalId, key] as const];
      }),
    );
    const stage = provider.stage ?? "dev";
    return {
      json,
      names,
      code: new Map([
        ...[...names].flatMap(([logicalId, key]) => {
          const code = codeOf(json.Resources[logicalId], { key, state, folder });
          return code === undefined ? [] : [[logicalId, code] as const];
        }),
        ...layersIn(json, folder),
      ]),
      service,
      stage,
      ...(provider.region !== undefined && { region: provider.region }),
      stackName: provider.stackName ?? `${service}-${stage}`,
      readSources: (root) => readSources(root, { file: serviceFilename ?? "serverless.yml", json, names }),
    };
  },
};

async function readState(file: string): Promise<State> {
  const result = v.safeParse(stateSchema, JSON.parse(await readFile(file, "utf8")));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(`${file}: ${v.getDotPath(issue) ?? ""}: ${issue.message}`);
}

/** The framework puts a layer's zip beside the template, as it does a function's. */
function layersIn({ Resources }: JsonTemplate, folder: string): [logicalId: string, code: FunctionCode][] {
  return Object.entries(Resources).flatMap(([logicalId, { Type, Properties }]) => {
    if (Type !== "AWS::Lambda::LayerVersion") return [];
    const { S3Key } = (Properties?.Content ?? {}) as { S3Key?: unknown };
    const zip = join(folder, basename(String(S3Key)));
    return existsSync(zip) ? [[logicalId, { zip }]] : [];
  });
}

/**
 * The framework uploads each zip by its own name and puts it beside the template, but for one that the author brings
 * along (`package.artifact`), whose path is relative to the project.
 */
function codeOf(
  resource: JsonResource | undefined,
  { key, state, folder }: { readonly key: string; readonly state: State; readonly folder: string },
): FunctionCode | undefined {
  const { S3Key } = (resource?.Properties?.Code ?? {}) as { S3Key?: unknown };
  const artifacts = [state.service.functions[key]?.package.artifact, state.package.artifact];
  const zip = [
    ...(typeof S3Key === "string" ? [join(folder, basename(S3Key))] : []),
    ...artifacts.flatMap((path) => (path ? [join(folder, basename(path)), join(dirname(folder), path)] : [])),
  ].find(existsSync);
  return zip === undefined ? undefined : { zip };
}
