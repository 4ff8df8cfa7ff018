// A plugin of esbuild's. esbuild leaves out what a bundle does not use (tree shaking), where it is sure that nothing
// changes by it. The AWS SDK is written in three ways that keep it from being sure; in the bundle, each becomes the same
// thing said plainly. A file with none of them, and the SDK on disk, stay as they are.
// @ts-check
import { readFile } from "node:fs/promises";

/** @type {import("esbuild").Plugin} */
export const treeShakableSdk = {
  name: "tree-shakable-sdk",
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/]@(aws-sdk|smithy)[\\/].+\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = [withPlainKeys, withStaticImports, withVersionOnly].reduce(
        (text, say) => say(text),
        source,
      );
      return contents === source ? undefined : { contents };
    });
  },
};

/**
 * `{ [_K]: 1 }` → `{ "Key": 1 }`, where the file has `const _K = "Key";`. For all that esbuild knows, computing a key
 * runs code, and so the schemas of every operation stayed.
 */
function withPlainKeys(/** @type {string} */ source) {
  const constants = new Map();
  for (const [, name, value] of source.matchAll(/^const (_\w+) = ("[^"\\]*");$/gm))
    constants.set(name, value);
  return source.replace(/(?<=[{,]\s*)\[(_\w+)\](?=:)/g, (key, name) => constants.get(name) ?? key);
}

/**
 * `const { fromSSO } = await import("@aws-sdk/…");` → an import at the top. A bundle of one file has nothing to load
 * later, yet esbuild keeps a module that is imported so whole, and wraps all that it imports into functions.
 */
function withStaticImports(/** @type {string} */ source) {
  const imports = new Map();
  const lazy = /^ *const \{ ([\w, ]+) \} = await import\(("(?:@aws-sdk\/|@smithy\/|\.)[^"]+")\);$/gm;
  const rest = source.replace(lazy, (_, names, from) => {
    for (const name of names.split(", ")) imports.set(name, `import { ${name} } from ${from};\n`);
    return "";
  });
  return [...imports.values(), rest].join("");
}

/** Of package.json, imported as one object, all stayed; of a namespace, what is read: the version. */
function withVersionOnly(/** @type {string} */ source) {
  return source.replace(/^import packageInfo from /m, "import * as packageInfo from ");
}

/** What serverless-esbuild takes. */
export default [treeShakableSdk];
