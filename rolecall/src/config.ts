import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ConsoleExtension } from "./console/extension.ts";
import type { Exception } from "./proof/exceptions.ts";
import type { Scenario } from "./proof/scenario.ts";

/**
 * What a service tells the toolkit that its template does not say: the default export of `rolecall.config.ts` in the
 * service's own folder. All of it may be left out, and so may the file.
 */
export interface RolecallConfig {
  /** What the service does. `prove` runs these. Imported only then. */
  readonly scenarios?: () => Promise<readonly Scenario[]>;
  /** What may say more than the scenarios need, each with its reason. */
  readonly exceptions?: readonly Exception[];
  /** Policies that are not in the template: the file of each by its ARN, relative to the configuration. */
  readonly policies?: Readonly<Record<string, string>>;
  /** Values of parameters, imports and attributes that only a deployment knows, by their names. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The folder with recorded transcripts, `NAME.json` beside each `NAME.wav`, for a machine without a speech engine. */
  readonly transcripts?: string;
  /** What the service adds to the page of the local run. Imported only for that. */
  readonly console?: () => Promise<ConsoleExtension>;
}

const names = ["rolecall.config.ts", "rolecall.config.js", "rolecall.config.mjs"];

const keys: ReadonlySet<string> = new Set([
  "scenarios",
  "exceptions",
  "policies",
  "parameters",
  "transcripts",
  "console",
] satisfies readonly (keyof RolecallConfig)[]);

/**
 * @param root The folder of the service.
 * @returns Its configuration, file names made absolute; an empty one when there is no file.
 * @throws Error that names the file, for one that cannot be read, and for a key that is not known.
 */
export async function loadConfig(root: string): Promise<RolecallConfig> {
  const file = names.map((name) => join(root, name)).find((path) => existsSync(path));
  if (file === undefined) return {};
  const config = await readDefault(file);
  const unknown = Object.keys(config).find((key) => !keys.has(key));
  if (unknown !== undefined)
    throw new Error(`${file}: ${unknown} is not a setting. Known settings: ${[...keys].join(", ")}.`);
  const { policies, transcripts } = config;
  const inRoot = (path: string) => join(root, path);
  return {
    ...config,
    ...(transcripts !== undefined && { transcripts: inRoot(transcripts) }),
    ...(policies && {
      policies: Object.fromEntries(Object.entries(policies).map(([arn, path]) => [arn, inRoot(path)])),
    }),
  };
}

async function readDefault(file: string): Promise<RolecallConfig> {
  const module = await import(pathToFileURL(file).href).catch((error: unknown) => {
    throw new Error(`${file} cannot be loaded: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  });
  const config: unknown = module.default;
  if (typeof config !== "object" || config === null)
    throw new Error(`${file} exports no configuration: write export default { … } satisfies RolecallConfig.`);
  return config;
}
