import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { deflateRawSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { type FunctionEntry, readServerlessYml } from "../function/functions.ts";

/** What serverless-esbuild passes to esbuild by itself. */
const defaults = {
  bundle: true,
  platform: "node",
  target: "node24", // from provider.runtime
  external: ["aws-sdk"], // version 2, which nothing here imports
} as const satisfies BuildOptions;

/** By path. */
type Files = Readonly<Record<string, Uint8Array>>;

/** The baseline: `custom: { esbuild: { minify: true } }` in serverless.yml, and nothing else. */
export const usualSettings: BuildOptions = { ...defaults, minify: true };

/** What serverless-esbuild passes to esbuild for this project's serverless.yml. */
export async function ownSettings(root: string): Promise<BuildOptions> {
  const { custom } = await readServerlessYml(root);
  const { outputFileExtension, exclude, plugins, skipRebuild, ...settings } = custom.esbuild;
  return {
    ...defaults,
    ...settings,
    external: exclude,
    plugins: (await import(pathToFileURL(join(root, plugins)).href)).default,
  };
}

/** The same, with what does nothing in the place of Powertools. */
export function withoutPowertools(settings: BuildOptions): BuildOptions {
  const nothing = fileURLToPath(new URL("no-powertools.ts", import.meta.url));
  const alias = Object.fromEntries(
    ["batch", "logger", "metrics"].map((name) => [`@aws-lambda-powertools/${name}`, nothing]),
  );
  return { ...settings, alias };
}

export interface Bundle {
  readonly file: string;
  /** Bytes, of a zip with this file in it. */
  readonly zipSize: number;
}

/** @param into the folder that the bundle is written to. */
export async function bundleFunction(
  root: string,
  { name, source }: FunctionEntry,
  settings: BuildOptions,
  into: string,
): Promise<Bundle> {
  const { outputFiles } = await build({
    ...settings,
    absWorkingDir: root,
    entryPoints: [source],
    write: false,
    logLevel: "error",
  });
  const file = join(into, `${name}.cjs`);
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, code);
  return { file, zipSize: fastZipSize({ [source.replace(/\.ts$/, ".cjs")]: code }) };
}

/**
 * Bytes of a zip as serverless-esbuild's library makes it: deflated at zlib's level 1, which nothing can set otherwise.
 * Around each file stand a local header (30 bytes and the path), its checksum and sizes (16) and an entry in the
 * directory (46 and the path); the directory ends in 22. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function fastZipSize(files: Files): number {
  return Object.entries(files).reduce(
    (sum, [path, content]) =>
      sum + 30 + 16 + 46 + 2 * Buffer.byteLength(path) + deflateRawSync(content, { level: 1 }).length,
    22,
  );
}
