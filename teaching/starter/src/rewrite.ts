import { posix } from "node:path";
import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { importsOf, type Path } from "./contents.ts";

export interface Names {
  /** Of the service in this repository. */
  readonly old: string;
  /** Of the starter. */
  readonly new: string;
}

/** Puts the starter's name where this service's stands: in names of things, packages and pages. */
export function rename(text: string, names: Names): string {
  return text.replaceAll(names.old, names.new);
}

type Manifest = {
  name: string;
  version: string;
  description?: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  [key: string]: unknown;
};

/** Programs that scripts and people start, and types: nothing imports them. */
const notImported = /^(?:@biomejs\/biome|@types\/.*|esbuild|node|osls|serverless-.*|typescript|vitest)$/;

/**
 * A package's manifest without the scripts that run what is not there, themselves or by way of another, and without development dependencies that no
 * file of the package needs any more.
 *
 * @param imported Whatever the package's files import.
 * @param isThere Whether the starter has a file.
 */
export function trimManifest(
  text: string,
  {
    imported,
    isThere,
  }: { readonly imported: ReadonlySet<string>; readonly isThere: (path: Path) => boolean },
): string {
  const manifest = JSON.parse(text) as Manifest;
  const { scripts, devDependencies } = manifest;
  if (scripts) manifest.scripts = trimScripts(scripts, isThere);
  if (devDependencies)
    manifest.devDependencies = keep(devDependencies, (name) => notImported.test(name) || imported.has(name));
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** Without those that run a file which is not there, or another script which goes. */
function trimScripts(
  scripts: Readonly<Record<string, string>>,
  isThere: (path: Path) => boolean,
): Record<string, string> {
  const files = (script: string) => [...script.matchAll(/(?:\bnode|--config) (\S+\.[cm]?[jt]s)\b/g)];
  let kept = keep(scripts, (_, script) => files(script).every(([, file = ""]) => isThere(file)));
  for (;;) {
    const isGone = (name: string) => Object.hasOwn(scripts, name) && !Object.hasOwn(kept, name);
    const next = keep(kept, (_, script) =>
      [...script.matchAll(/\bpnpm ([\w:-]+)/g)].every(([, name = ""]) => !isGone(name)),
    );
    if (Object.keys(next).length === Object.keys(kept).length) return kept;
    kept = next;
  }
}

function keep(
  entries: Readonly<Record<string, string>>,
  isKept: (name: string, value: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).filter(([name, value]) => isKept(name, value)));
}

/** The packages that files import: `@aws-sdk/client-s3` of `@aws-sdk/client-s3/dist`. */
export function packagesImported(texts: readonly string[]): ReadonlySet<string> {
  return new Set(
    texts.flatMap((text) =>
      importsOf(text).flatMap((specifier) =>
        specifier.startsWith(".") || specifier.startsWith("node:")
          ? []
          : [specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")],
      ),
    ),
  );
}

/** pnpm-workspace.yaml without the folders that are not there, and without versions that no manifest asks for. */
export function trimWorkspace(
  text: string,
  manifests: readonly string[],
  hasFolder: (name: string) => boolean,
): string {
  const document = parseDocument(text);
  const packages = document.get("packages");
  if (isSeq(packages)) {
    packages.items = packages.items.filter(
      (item) => isScalar(item) && hasFolder(String(item.value).replace(/\/\*$/, "")),
    );
  }
  const asked = new Set(
    manifests.flatMap((manifest) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(manifest) as Manifest;
      return Object.keys({ ...dependencies, ...devDependencies });
    }),
  );
  const catalog = document.get("catalog");
  if (isMap(catalog)) {
    for (const { key } of [...catalog.items])
      if (isScalar(key) && !asked.has(String(key.value))) catalog.delete(key.value);
  }
  return document.toString({ lineWidth: 0 });
}

/** A workflow without the steps that run a script which is not there. */
export function trimWorkflow(text: string, scripts: ReadonlySet<string>, gone: ReadonlySet<string>): string {
  const document = parseDocument(text);
  const jobs = document.get("jobs");
  if (!isMap(jobs)) return text;
  for (const { value: job } of jobs.items) {
    const steps = isMap(job) ? job.get("steps") : undefined;
    if (!isSeq(steps)) continue;
    steps.items = steps.items.filter((step) => {
      const run = isMap(step) ? step.get("run") : undefined;
      const [, script = ""] = /^(?:pnpm(?: run)?|node --run) ([\w:-]+)/.exec(String(run ?? "")) ?? [];
      return scripts.has(script) || !gone.has(script);
    });
  }
  return document.toString({ lineWidth: 0 });
}

/**
 * The configuration of TypeScript or vitest without top-level folders that the starter does not have.
 *
 * @param gone Their names.
 */
export function trimFolders(text: string, gone: readonly string[]): string {
  const isKept = (name: string) => !gone.includes(name);
  return text
    .replaceAll(/\{(\w+(?:,\w+)+)\}(?=\/vitest)/g, (_, list: string) => {
      const kept = list.split(",").filter(isKept);
      return kept.length > 1 ? `{${kept.join(",")}}` : (kept[0] ?? "");
    })
    .replaceAll(/"(\w+)", /g, (entry, name: string) => (isKept(name) ? entry : ""));
}

/**
 * A page whose links lead nowhere else than to pages that are there: of the others the text is left. What stands
 * between `<!-- with rolecall -->` and `<!-- end -->` goes where the starter has no toolkit; what stands between
 * `<!-- not in a starter -->` and `<!-- end -->` always does.
 */
export function trimPage(
  path: Path,
  text: string,
  { isThere, withToolkit }: { readonly isThere: (path: Path) => boolean; readonly withToolkit: boolean },
): string {
  const parts = /<!-- (with rolecall|not in a starter) -->\n([\s\S]*?)<!-- end -->\n\n?/g;
  return text
    .replaceAll(parts, (_, when: string, part: string) =>
      withToolkit && when === "with rolecall" ? `${part}\n` : "",
    )
    .replaceAll(/(?<!!)\[([^\]]+)\]\(([^)\s]+)\)/g, (link, words: string, target: string) => {
      if (/^(?:[a-z]+:|#)/.test(target)) return link;
      const [file = ""] = target.split("#");
      return isThere(posix.join(posix.dirname(path), file)) ? link : words;
    });
}
