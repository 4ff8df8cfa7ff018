import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPackaged } from "../../project/packaged.ts";
import { policyOf, type Resources } from "../../run/testing/changed-package.ts";
import { describeService, type Service } from "../../stack/source/service.ts";
import type { Sources } from "../../stack/source/sources.ts";
import { parseTemplate, resolveTemplate, type Template } from "../../stack/template.ts";

/** Where serverless.yml of the films' service lies; no test changes what is here. */
export const root = import.meta.dirname;

export const name = "film-archive";

/** What `openProject` takes as its template: what the framework packaged, without running it again. */
export const template = "packaged";

/** The folder that the framework packaged into. */
export const packagedFolder = join(root, template);

export type Change = (resources: Resources) => void;

export interface Place {
  readonly region: string;
  readonly partition: string;
}

export const home: Place = { region: "us-east-1", partition: "aws" };

/** The packaged service, whose template tests change: each change begins with the whole template. */
export interface FilmArchive {
  readonly sources: Sources;
  readonly service: (change?: Change, place?: Place) => Service;
}

/** Of any stage: stages differ in their names alone. */
export async function filmArchive(stage = "dev"): Promise<FilmArchive> {
  const { template, readSources } = await readPackaged(packagedFolder);
  const text = JSON.stringify(template).replaceAll(
    /\bfilm-archive([-_]|",")dev(?![a-z0-9])/g,
    `${name}$1${stage}`,
  );
  return {
    sources: await readSources(root),
    service(change = () => {}, place = home) {
      const changed: Template & { Resources: Resources } = JSON.parse(text);
      change(changed.Resources);
      const environment = { ...place, accountId: "123456789012", stackName: `${name}-${stage}` };
      return describeService(resolveTemplate(parseTemplate(changed), environment), stage);
    },
  };
}

/** The statements of a function's role, `role` being the function's name in Pascal case. */
export function statementsOf(resources: Resources, role: string) {
  return policyOf(resources, role).Statement;
}

/** A statement of a function's role. */
export function statementOf(resources: Resources, role: string, sid: string) {
  return statementsOf(resources, role).find((one: { Sid?: string }) => one.Sid === sid);
}

export function variablesOf(resources: Resources, name: string): Record<string, unknown> {
  return resources[`${name}LambdaFunction`].Properties.Environment.Variables;
}

/** The text of a line of the service's files; empty when there is none. */
export async function lineAt({ file, line }: { readonly file: string; readonly line: number }) {
  return (await readFile(join(root, file), "utf8")).split("\n")[line - 1] ?? "";
}

/** A copy of the project in a folder of its own, packaged as the framework leaves it; removed with `await using`. */
export async function copiedProject(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`));
  for (const file of ["serverless.yml", "resources"])
    await cp(join(root, file), join(path, file), { recursive: true });
  await cp(packagedFolder, join(path, ".serverless"), { recursive: true });
  await writeFile(join(path, "package.json"), JSON.stringify({ name, type: "module" }));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
