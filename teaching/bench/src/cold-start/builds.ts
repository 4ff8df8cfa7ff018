import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import type { FunctionEntry } from "../function/functions.ts";
import { type PackagedFunction, packagedFunctions } from "../function/packaged.ts";
import {
  type Bundle,
  bundleFunction,
  fastZipSize,
  ownSettings,
  usualSettings,
  withoutPowertools,
} from "./bundle.ts";
import { goals } from "./goals.ts";
import { unbundledFunction } from "./unbundled.ts";

/** Each way to bundle a function, as the tables call it. */
export const bundleNames = {
  unbundled: "node_modules",
  usual: "usual settings",
  modules: "without tree-shakable-sdk",
  packaged: "as packaged",
  usualWithoutPowertools: "usual settings, no Powertools",
  packagedWithoutPowertools: "as packaged, no Powertools",
} as const;

export type BundleName = keyof typeof bundleNames;

/** One file to be measured. */
export interface Build {
  readonly name: string;
  readonly bundleName: BundleName | "hello-world";
  readonly bundle: string;
  readonly zipSize: number;
  readonly handlerName: string;
  readonly event: unknown;
}

/**
 * Every function as packaged and with the usual settings; those that have goals in every other way too; hello-world.
 *
 * @param temporary an empty folder.
 */
export async function buildAll(root: string, temporary: string): Promise<Build[]> {
  const functions = await packagedFunctions(root, join(temporary, "packaged"));
  const own = await ownSettings(root);
  const modules = { ...own, plugins: [] };
  const ways: Record<BundleName, (entry: PackagedFunction) => Promise<Bundle>> = {
    unbundled: (entry) => unbundledFunction(root, entry, join(temporary, "unbundled")),
    usual: bundled("usual", usualSettings),
    modules: bundled("modules", modules),
    packaged: async (entry) => entry,
    usualWithoutPowertools: bundled("usualWithoutPowertools", withoutPowertools(usualSettings)),
    packagedWithoutPowertools: bundled("packagedWithoutPowertools", withoutPowertools(own)),
  };

  function bundled(name: BundleName, settings: BuildOptions) {
    return (entry: FunctionEntry) => bundleFunction(root, entry, settings, join(temporary, name));
  }

  const builds = functions.flatMap((entry) => {
    const asked =
      entry.name in goals ? (Object.keys(ways) as BundleName[]) : (["usual", "packaged"] as const);
    return asked.map(async (bundleName): Promise<Build> => {
      const { name, handlerName, event } = entry;
      const { file, zipSize } = await ways[bundleName](entry);
      return { name, bundleName, bundle: file, zipSize, handlerName, event };
    });
  });
  return Promise.all([...builds, helloWorld(temporary)]);
}

async function helloWorld(temporary: string): Promise<Build> {
  const code = "exports.handler = async () => ({ statusCode: 200 });\n";
  const bundle = join(temporary, "hello-world.cjs");
  await writeFile(bundle, code);
  return {
    name: "hello-world",
    bundleName: "hello-world",
    bundle,
    zipSize: fastZipSize({ "hello-world.cjs": Buffer.from(code) }),
    handlerName: "handler",
    event: {},
  };
}
