// Runs in a fresh process: loads a function as Lambda's runtime does, invokes it, and writes what that took to file
// descriptor 3. CommonJS and without imports of its own, so that next to nothing but the function is measured.
// Arguments: the bundle, the name of its handler, the number of calls. Standard input: the event.
// @ts-check
const { readFileSync, writeSync } = require("node:fs");

const [bundle = "", handlerName = "", calls = "1"] = process.argv.slice(2);
const event = readFileSync(0, "utf8");

const cpuBefore = process.cpuUsage();
const beforeImport = performance.now();
const handler = require(bundle)[handlerName];
const importMs = performance.now() - beforeImport;

void (async () => {
  const callMs = [];
  let answer;
  let cpu = cpuBefore;
  for (let call = 0; call < Number(calls); call++) {
    // Each call parses its event, as the runtime does: a big one takes its room anew.
    const parsed = JSON.parse(event);
    const beforeCall = performance.now();
    answer = await handler(parsed, { awsRequestId: String(call) });
    callMs.push(performance.now() - beforeCall);
    if (call === 0) cpu = process.cpuUsage(cpuBefore);
  }
  const rss = process.memoryUsage.rss();
  const cpuMs = (cpu.user + cpu.system) / 1000;
  writeSync(3, JSON.stringify({ importMs, callMs, cpuMs, rss, peakRss: peakRss(), answer }));
  process.exit();
})();

/** Bytes. On Linux, a process's maxRSS begins with that of the process it was forked from; VmHWM is its own. */
function peakRss() {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}
