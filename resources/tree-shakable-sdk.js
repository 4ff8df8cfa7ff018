// A plugin of esbuild's. esbuild leaves out what a bundle does not use (tree shaking), where it is sure that nothing
// changes by it. The AWS SDK is written in four ways that keep it from being sure; in the bundle, each becomes the same
// thing said plainly. A file with none of them, and the SDK on disk, stay as they are.
// @ts-check
import { readFile } from "node:fs/promises";

/** @type {import("esbuild").Plugin} */
export const treeShakableSdk = {
  name: "tree-shakable-sdk",
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/]@(aws-sdk|smithy)[\\/].+\.js$/ }, ({ path }) => {
      const loaded = loads.get(path) ?? load(path);
      loads.set(path, loaded);
      return loaded;
    });
  },
};

/** By path: the functions of a service are bundled one by one, and all of them load the same SDK. */
const loads = new Map();

async function load(/** @type {string} */ path) {
  const source = await readFile(path, "utf8");
  const contents = [withPlainKeys, withStaticImports, withVersionOnly, withNodesOwnHashes].reduce(
    (text, say) => say(text),
    source,
  );
  return contents === source ? undefined : { contents };
}

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

/**
 * `hasNativeCrypto ? buildNativeClass() : Sha256Js` → the first, which every Node 24 has; for all that esbuild knows, the
 * SDK's own SHA-1, SHA-256 and CRC-32 could be needed. MD5 stays a question: a Node in FIPS mode refuses it.
 */
function withNodesOwnHashes(/** @type {string} */ source) {
  return source.replace(
    /^(export const (?:Sha1|Sha256|Crc32)Node = )\w+ \? (\w+\(\w*\)) : \w+Js;$/m,
    "$1$2;",
  );
}

/** What serverless-esbuild takes. */
export default [treeShakableSdk];
