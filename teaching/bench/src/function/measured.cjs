// Runs in a fresh process: loads a function as Lambda's runtime does, invokes it, and writes what that took to file
// descriptor 3. CommonJS and without imports of its own, so that next to nothing but the function is measured.
// Arguments: the bundle, the name of its handler. Standard input: the event.
// @ts-check
const { readFileSync, writeSync } = require("node:fs");

const [bundle = "", handlerName = ""] = process.argv.slice(2);
const event = readFileSync(0, "utf8");

const cpuBefore = process.cpuUsage();
const beforeImport = performance.now();
const handler = require(bundle)[handlerName];
const importMs = performance.now() - beforeImport;

void (async () => {
  // It parses its event, as the runtime does.
  const parsed = JSON.parse(event);
  const beforeCall = performance.now();
  const answer = await handler(parsed, { awsRequestId: "0" });
  const callMs = performance.now() - beforeCall;
  const { system, user } = process.cpuUsage(cpuBefore);
  const rss = process.memoryUsage.rss();
  writeSync(3, JSON.stringify({ importMs, callMs, cpuMs: (user + system) / 1000, rss, answer }));
  process.exit();
})();
