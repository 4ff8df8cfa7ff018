import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { authorsName, parseTemplate, type Template } from "../stack/template.ts";
import { cdk } from "./cdk.ts";
import type { Framework, JsonTemplate, Output, TemplateFile } from "./framework.ts";
import { plain } from "./plain.ts";
import { sam } from "./sam.ts";
import { serverless, templateName } from "./serverless/serverless.ts";
import { fromYaml } from "./yaml.ts";

/** A template, and what else its framework says of it. */
export interface Packaged extends Omit<Output, "json" | "names"> {
  readonly framework: Framework["name"];
  /** The template's path, absolute. */
  readonly file: string;
  /** Its functions bear their author's names. */
  readonly template: Template;
}

/** The first that recognises a file reads it; plain CloudFormation recognises all. */
const frameworks: readonly Framework[] = [serverless, sam, cdk, plain];

/**
 * Reads a template, and what its framework wrote beside it.
 *
 * @param path The template, in JSON or YAML; or the folder that the Serverless Framework packaged into.
 * @throws Error that names the file when it cannot be read or is not a template.
 */
export async function readPackaged(path: string): Promise<Packaged> {
  const file = await readTemplateFile(resolve(path));
  for (const framework of frameworks) {
    if (!(await framework.recognises(file))) continue;
    const { json, names, ...rest } = await framework.read(file);
    const template = parseTemplate(withNames(json, names), file.file);
    return { ...rest, framework: framework.name, file: file.file, template };
  }
  throw new Error(`${file.file}: no framework reads this.`);
}

async function readTemplateFile(path: string): Promise<TemplateFile> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const file = isFolder ? join(path, templateName) : path;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new Error(`Cannot read the template ${file}: ${(error as Error).message}`, { cause: error });
  }
  return { file, json: templateIn(text, file) };
}

function templateIn(text: string, file: string): JsonTemplate {
  let json: unknown;
  try {
    json = /^\s*\{/.test(text) ? JSON.parse(text) : fromYaml(text);
  } catch (error) {
    throw new Error(`${file} is neither JSON nor YAML: ${(error as Error).message}`, { cause: error });
  }
  const { Resources } = (json ?? {}) as { Resources?: unknown };
  if (typeof Resources !== "object" || Resources === null)
    throw new Error(`${file} is not a CloudFormation template: it has no Resources.`);
  return json as JsonTemplate;
}

function withNames(json: JsonTemplate, names: ReadonlyMap<string, string>): JsonTemplate {
  const Resources = Object.fromEntries(
    Object.entries(json.Resources).map(([logicalId, resource]) => {
      const name = names.get(logicalId);
      if (name === undefined) return [logicalId, resource];
      return [logicalId, { ...resource, Metadata: { ...resource.Metadata, [authorsName]: name } }];
    }),
  );
  return { ...json, Resources };
}
