import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { templateName } from "./serverless/serverless.ts";

/** What is there to read in a project's folder. */
export type Found =
  /** The Serverless Framework is installed: it can package what serverless.yml says now. */
  | { readonly how: "package" }
  /** A template that was packaged or written before. */
  | { readonly how: "read"; readonly file: string; readonly isPackaged: boolean };

/** What the framework takes for a service's file. */
const serviceFiles = ["yml", "yaml", "json", "ts", "js", "cjs", "mjs"].map((end) => `serverless.${end}`);

/** Where each framework puts its template, from the project's folder. */
const packaged = [join(".serverless", templateName), join(".aws-sam", "build", "template.yaml")];

const written = ["template.yaml", "template.yml", "template.json"];

/**
 * Looks for what a project's permissions can be read from: a service that can be packaged, else a packaged template,
 * else a template that somebody wrote.
 *
 * @throws Error when there is nothing, or when there are several, and what to do then.
 */
export async function findProject(root: string): Promise<Found> {
  const service = serviceFiles.find((name) => existsSync(join(root, name)));
  if (service !== undefined && frameworkBin(root) !== undefined) return { how: "package" };
  for (const path of packaged) if (existsSync(join(root, path))) return read(join(root, path), true);
  const synthesized = await synthesizedTemplates(join(root, "cdk.out"));
  if (synthesized.length > 1)
    throw new Error(
      `There are ${synthesized.length} stacks in cdk.out. Choose one of:\n${synthesized
        .map((file) => `  --template ${relative(root, file).split(sep).join("/")}`)
        .join("\n")}`,
    );
  if (synthesized[0] !== undefined) return read(synthesized[0], true);
  if (service !== undefined)
    throw new Error(
      `${service} is not packaged, and neither osls nor the Serverless Framework up to version 3 is installed here to do so. Package it first, e.g. with npx serverless package; then ask again.`,
    );
  for (const path of written) if (existsSync(join(root, path))) return read(join(root, path), false);
  throw new Error(
    `There is no template in ${root}: neither serverless.yml, .serverless/, .aws-sam/build/ nor cdk.out/, and no template.yaml or template.json. Package the project first (sls package, sam build, cdk synth), or name the file: --template FILE.`,
  );
}

const read = (file: string, isPackaged: boolean): Found => ({ how: "read", file, isPackaged });

/** Assets hold templates of nested stacks, which are not stacks of their own; they lie in the same folder. */
async function synthesizedTemplates(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names
    .filter((name) => name.endsWith(".template.json") && !name.endsWith(".nested.template.json"))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * The program that packages a service, as the project has it installed: osls or the Serverless Framework. From version 4
 * on, the latter does not run without an account of its maker's, so it is not run here.
 *
 * @returns undefined where there is none.
 */
export function frameworkBin(root: string): string | undefined {
  const { resolve } = createRequire(join(root, "package.json"));
  for (const name of ["osls", "serverless"]) {
    try {
      const manifest = resolve(`${name}/package.json`);
      const { version, name: real } = JSON.parse(readFileSync(manifest, "utf8")) as Record<string, string>;
      if (real === "serverless" && Number.parseInt(version ?? "", 10) > 3) continue;
      const bin = join(dirname(manifest), "bin", "serverless.js");
      if (existsSync(bin)) return bin;
    } catch {
      // Not installed here.
    }
  }
  return undefined;
}
