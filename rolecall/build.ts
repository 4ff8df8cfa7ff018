/*
 * node build.ts [FOLDER]: makes rolecall/dist, or the folder: the package as it is published, in JavaScript, which needs
 * no workspace, no catalog and no TypeScript. `npm pack rolecall/dist` packs it.
 */
import { execFileSync } from "node:child_process";
import { chmod, cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, posix, resolve } from "node:path";
import { parse } from "yaml";

const here = import.meta.dirname;
const dist = resolve(process.argv[2] ?? join(here, "dist"));

/** What runs as it stands, in processes of others: in a function's, in the framework's, in a browser. */
const copied = ["lambda/bootstrap.mjs", "packaging/record-reads.cjs", "console/page"];

await rm(dist, { recursive: true, force: true });
compile();
const own = JSON.parse(await readFile(join(here, "package.json"), "utf8"));
const command = "cli/main.js";
const exported = Object.entries(own.exports as Record<string, string>)
  .filter(([, path]) => !path.includes("/testing/"))
  .map(([name, path]) => [name, path.replace("./src/", "").replace(/\.ts$/, ".js")] as const);
const imported = await keepReachable([command, ...exported.map(([, script]) => script)]);
for (const path of copied) await cp(join(here, "src", path), join(dist, path), { recursive: true });
for (const name of ["README.md", "../LICENSE"])
  await cp(join(here, name), join(dist, name.replace("../", "")));
await chmod(join(dist, command), 0o755);
await writeFile(join(dist, "package.json"), `${JSON.stringify(await manifest(), undefined, 2)}\n`);

function compile(): void {
  const typescript = createRequire(import.meta.url).resolve("typescript/package.json");
  const tsc = join(dirname(typescript), "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", join(here, "tsconfig.build.json"), "--outDir", dist], {
    stdio: "inherit",
  });
}

/** The package's own manifest, with versions in the place of the catalog, and only what the code imports. */
async function manifest() {
  const { catalog } = parse(await readFile(join(here, "..", "pnpm-workspace.yaml"), "utf8"));
  const versions = imported.map((name) => [name, versionOf(name, own.dependencies[name], catalog)] as const);
  return {
    name: own.name,
    version: own.version,
    description: own.description,
    license: own.license,
    type: own.type,
    bin: { rolecall: command },
    exports: Object.fromEntries(
      exported.map(([name, script]) => [
        name,
        { types: `./${script.replace(/\.js$/, ".d.ts")}`, default: `./${script}` },
      ]),
    ),
    engines: own.engines,
    dependencies: Object.fromEntries(versions),
  };
}

function versionOf(name: string, range: string | undefined, catalog: Record<string, string>): string {
  const version = range === "catalog:" ? catalog[name] : range;
  if (version === undefined || version.startsWith("workspace:"))
    throw new Error(`The code imports ${name}, which rolecall/package.json does not have as a dependency.`);
  return version;
}

/**
 * Follows the imports from the command and from what the package exports, and removes what nobody reaches: the tests'
 * helpers.
 *
 * @returns the packages that are imported.
 */
async function keepReachable(entries: readonly string[]): Promise<readonly string[]> {
  const reached = new Set<string>();
  const packages = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = await readFile(join(dist, file), "utf8");
    for (const [, name = ""] of text.matchAll(/(?:\bfrom|^import|\bimport\()\s*"([^"]+)"/gm)) {
      if (name.startsWith("node:")) continue;
      if (name.startsWith(".")) {
        await visit(posix.join(posix.dirname(file), name));
        continue;
      }
      packages.add(
        name
          .split("/")
          .slice(0, name.startsWith("@") ? 2 : 1)
          .join("/"),
      );
    }
  };
  for (const entry of entries) await visit(entry);
  for (const found of await readdir(dist, { recursive: true })) {
    const file = found.replaceAll("\\", "/");
    const script = file.replace(/\.d\.ts$/, ".js");
    if (/\.(js|d\.ts)$/.test(file) && !reached.has(script)) await rm(join(dist, file));
  }
  return [...packages].sort();
}
