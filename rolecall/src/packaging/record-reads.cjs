/**
 * Preloaded into the framework's process: notes what packaging reads, so that a package can be told from one of other
 * files. CommonJS, because it has to be there before anything else loads.
 *
 * Files of installed packages are left out, as the installation is looked at as a whole (reads.ts).
 */
"use strict";

const childProcess = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const { Socket } = require("node:net");
const { basename, dirname, join, resolve, sep } = require("node:path");
const { fileURLToPath } = require("node:url");
const { Worker } = require("node:worker_threads");

// Threads and forks are preloaded as well; that there are any is noted where they start.
const settings = process.env.ROLECALL_RECORD_READS;
if (settings !== undefined) {
  delete process.env.ROLECALL_RECORD_READS;
  record(JSON.parse(settings));
}

function record({ out, root, ignored, ownNames, ownVariables }) {
  const real = {
    readFileSync: fs.readFileSync,
    readdirSync: fs.readdirSync,
    realpathSync: fs.realpathSync,
    statSync: fs.statSync,
    writeFileSync: fs.writeFileSync,
  };

  /** @type {Map<string, string>} By path: what it was when it was first looked at. */
  const contents = new Map();
  /** @type {Map<string, string>} By path: absent, file or directory. */
  const kinds = new Map();
  /** @type {Map<string, string | null>} By name: a digest of the value. */
  const environment = new Map();
  /** @type {Set<string>} What cannot be followed. */
  const untracked = new Set();

  const digest = (value) => createHash("sha256").update(value).digest("hex").slice(0, 32);
  const installed = `${sep}node_modules${sep}`;
  /** @type {Map<string, string>} */
  const realFolders = new Map();

  /** The path that counts, or undefined where none does. */
  function counting(path) {
    if (path instanceof URL) path = fileURLToPath(path);
    if (Buffer.isBuffer(path)) path = path.toString();
    if (typeof path !== "string" || path.startsWith("node:")) return undefined;
    let full = resolve(path);
    if (ignored.some((folder) => full === folder || full.startsWith(folder + sep))) return undefined;
    if (/^\/(proc|sys|dev)\//.test(full)) return undefined;
    if (`${full}${sep}`.includes(installed)) {
      // A package of the same workspace is a link to its folder.
      const folder = dirname(full);
      if (!realFolders.has(folder)) {
        try {
          realFolders.set(folder, real.realpathSync(folder));
        } catch {
          realFolders.set(folder, folder);
        }
      }
      full = join(realFolders.get(folder), basename(full));
      if (`${full}${sep}`.includes(installed)) return undefined;
    }
    return full;
  }

  function noteKind(path) {
    const full = counting(path);
    if (full === undefined || kinds.has(full)) return;
    const stat = real.statSync(full, { throwIfNoEntry: false });
    kinds.set(full, stat === undefined ? "absent" : stat.isDirectory() ? "directory" : "file");
  }

  function noteContent(path) {
    const full = counting(path);
    if (full === undefined || contents.has(full)) return;
    try {
      contents.set(full, digest(real.readFileSync(full)));
    } catch {
      noteKind(full);
    }
  }

  /** The names in a folder, without those that packaging itself and installing put there. */
  function noteNames(path) {
    const full = counting(path);
    if (full === undefined || contents.has(full)) return;
    try {
      const names = real.readdirSync(full).filter((name) => !ownNames.includes(name));
      contents.set(full, digest(names.sort().join("\n")));
    } catch {
      noteKind(full);
    }
  }

  let isNoting = false;

  function quietly(note, path) {
    isNoting = true;
    try {
      note(path);
    } finally {
      isNoting = false;
    }
  }

  /** Has `note` told the first argument of each function of these names, in fs and in fs.promises. */
  function watch(names, note, isWriting = () => false) {
    for (const name of names) {
      for (const [home, key] of [
        [fs, name],
        [fs, `${name}Sync`],
        [fs.promises, name],
      ]) {
        const original = home[key];
        if (typeof original !== "function") continue;
        const watched = function (...args) {
          // Node's own functions call each other, and so would ours.
          if (!isNoting && typeof args[0] !== "number" && !isWriting(args[1])) {
            quietly(note, args[0]);
          }
          return original.apply(this, args);
        };
        // Such as realpath.native and the custom promisify of exists.
        home[key] = Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
      }
    }
  }
  const writes = (flags) => typeof flags === "string" && /^[wa]/.test(flags);
  watch(["readFile", "copyFile", "cp"], noteContent);
  watch(["open"], noteContent, (flags) => writes(flags) || typeof flags === "number");
  watch(["readdir", "opendir", "scandir"], noteNames);
  watch(["stat", "lstat", "access", "exists"], noteKind);
  const { createReadStream } = fs;
  fs.createReadStream = function (path, options) {
    quietly(noteContent, path);
    return createReadStream.call(this, path, options);
  };
  Module.syncBuiltinESMExports();

  /** Modules are read by Node itself. */
  const { load } = Module.prototype;
  Module.prototype.load = function (file) {
    quietly(noteContent, file);
    return load.call(this, file);
  };
  Module.registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (found.url.startsWith("file:")) quietly(noteContent, new URL(found.url));
      return found;
    },
  });

  /** esbuild reads in a process of its own, and says afterwards what. */
  const { _load } = Module;
  let watchedEsbuild;
  Module._load = function (request, ...rest) {
    const loaded = _load.call(this, request, ...rest);
    if (request !== "esbuild") return loaded;
    watchedEsbuild ??= {
      ...loaded,
      build: (options) => noteInputs(options, (withMetafile) => loaded.build(withMetafile)),
      buildSync: (options) => {
        untracked.add("it bundles with esbuild's buildSync");
        return loaded.buildSync(options);
      },
      context: async (options) => {
        const context = await loaded.context({ ...options, metafile: true });
        return { ...context, rebuild: () => noteInputs(options, () => context.rebuild()) };
      },
    };
    return watchedEsbuild;
  };

  async function noteInputs(options, build) {
    const begin = Date.now();
    const result = await build({ ...options, metafile: true });
    quietly(noteBuild, { inputs: Object.keys(result.metafile.inputs), options, begin });
    return result;
  }

  function noteBuild({ inputs, options, begin }) {
    const folders = new Set();
    for (const input of inputs) {
      // Of a plugin's namespace: it is the plugin that read what it stands for.
      const path = input.replace(/^\(disabled\):/, "");
      if (/^[\w-]{2,}:/.test(path)) continue;
      const full = resolve(options?.absWorkingDir ?? root, path);
      if (counting(full) === undefined) continue;
      if ((real.statSync(full, { throwIfNoEntry: false })?.mtimeMs ?? 0) > begin - 20)
        untracked.add(`${input} changed meanwhile`);
      noteContent(full);
      folders.add(dirname(full));
    }
    // A new file beside one that was read may be found in its place; and settings may appear in any folder above.
    for (const folder of folders) {
      noteNames(folder);
      for (let above = folder; ; above = dirname(above)) {
        for (const name of ["package.json", "tsconfig.json"]) noteContent(join(above, name));
        if (above === root || above === dirname(above)) break;
      }
    }
    if (typeof options?.tsconfig === "string") noteContent(resolve(root, options.tsconfig));
  }

  /** Another process' reads are not seen; esbuild tells its own. */
  function noteProcess(file, args = []) {
    const words = [file, ...args].map(String);
    if (words.some((word) => word.startsWith("--service="))) return;
    untracked.add(`it runs ${basename(words[0])}`);
  }
  const { spawn } = childProcess.ChildProcess.prototype;
  childProcess.ChildProcess.prototype.spawn = function (options) {
    noteProcess(options.file, options.args);
    return spawn.call(this, options);
  };
  for (const name of ["spawnSync", "execFileSync", "execSync"]) {
    const original = childProcess[name];
    childProcess[name] = (file, ...rest) => {
      noteProcess(String(file).split(" ")[0], Array.isArray(rest[0]) ? rest[0] : []);
      return original(file, ...rest);
    };
  }
  require("node:worker_threads").Worker = class extends Worker {
    constructor(...args) {
      untracked.add("it works in another thread");
      super(...args);
    }
  };
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (...args) {
    untracked.add("it asks over the network");
    return connect.apply(this, args);
  };
  Module.syncBuiltinESMExports();

  /** What of the environment concerns a terminal or a tool; the project may ask for it all the same, and then it counts. */
  const ofTools =
    /^(npm_|pnpm_|yarn_|node_|CI$|.*COLOR|TERM|LANG|LC_|PATH$|HOME$|SHELL|DEBUG|https?_proxy|no_proxy|XDG_)/i;

  /** Frames of Node's own code. */
  const nodes = /[( ]node:|\(<anonymous>\)|at <anonymous>/;

  /** Who asks: the project, the framework's own resolver of env variables, or a package. */
  function asker() {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 40;
    const frames = (new Error().stack ?? "").split("\n").slice(1);
    Error.stackTraceLimit = stackTraceLimit;
    const frame = frames.find((one) => !one.includes(__filename) && !nodes.test(one));
    // Node itself, such as where a process inherits the environment: that process is noted.
    if (frame === undefined) return "package";
    if (/variables[\\/]sources[\\/]env\./.test(frame) || !frame.includes(installed)) return "project";
    return "package";
  }
  const variables = process.env;
  /** What this process was given for itself, or has set: the project's environment does not have it so. */
  const made = new Set(ownVariables);
  function noteVariable(name) {
    if (typeof name !== "string" || made.has(name) || environment.has(name)) return;
    if (ofTools.test(name) && asker() === "package") return;
    environment.set(name, variables[name] === undefined ? null : digest(variables[name]));
  }
  let copying;
  process.env = new Proxy(variables, {
    get(target, name) {
      // Copying asks for each variable in turn.
      if (copying === name) copying = undefined;
      else noteVariable(name);
      return target[name];
    },
    has(target, name) {
      noteVariable(name);
      return name in target;
    },
    set(target, name, value) {
      made.add(name);
      target[name] = value;
      return true;
    },
    deleteProperty(target, name) {
      made.add(name);
      return delete target[name];
    },
    ownKeys(target) {
      if (asker() === "project") for (const name of Object.keys(target)) noteVariable(name);
      return Reflect.ownKeys(target);
    },
    getOwnPropertyDescriptor(target, name) {
      copying = name;
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
    defineProperty(target, name, descriptor) {
      made.add(name);
      return Reflect.defineProperty(target, name, descriptor);
    },
  });

  process.on("exit", () => {
    const reads = {
      contents: Object.fromEntries(contents),
      kinds: Object.fromEntries([...kinds].filter(([path]) => !contents.has(path))),
      environment: Object.fromEntries(environment),
      untracked: [...untracked],
    };
    real.writeFileSync(out, JSON.stringify(reads));
  });
}
