import type { Bench, Report } from "../bench.ts";
import { startEndpoint } from "../function/endpoint.ts";
import { findPinning, measureInFreshProcess, type Pinning } from "../function/fresh-process.ts";
import { expectSuccess } from "../function/functions.ts";
import { packagedFunctions } from "../function/packaged.ts";
import { median, type Spread, spread } from "../statistics.ts";

const calls = 100;

export const warmPath: Bench = {
  name: "warm-path",
  title: "Warm path",
  seconds: 30,
  async run({ root, temporary, rounds = 5, onProgress }): Promise<Report> {
    onProgress(`${calls} calls of each function …`);
    const pinning = await findPinning();
    const results = await measureWarmPath(root, temporary, rounds, pinning);
    return {
      conditions: `Node ${process.version}, ${process.platform} ${process.arch}, fresh processes ${pinning.description}, ${rounds} rounds of ${calls} calls`,
      tables: [
        {
          caption: "A function that is called again and again",
          columns: ["function", "AWS calls a call", `connections in ${calls} calls`, "a warm call, ms"],
          rows: results.map(({ name, awsCalls, connections, warmMs: { median, low, high } }) => [
            name,
            String(awsCalls),
            String(connections),
            `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`,
          ]),
        },
      ],
      charts: [],
      data: { calls, results },
    };
  },
};

export interface WarmPath {
  readonly name: string;
  /** Of one invocation. */
  readonly awsCalls: number;
  /** Of all invocations together. */
  readonly connections: number;
  /** Of a process's calls after the first, the median; milliseconds. */
  readonly warmMs: Spread;
}

/**
 * Calls each function 100 times in one process, as packaged.
 *
 * @param temporary an empty folder.
 */
export async function measureWarmPath(
  root: string,
  temporary: string,
  rounds: number,
  pinning?: Pinning,
): Promise<WarmPath[]> {
  const functions = await packagedFunctions(root, temporary);
  const endpoint = await startEndpoint(temporary);
  try {
    const { environment, seen } = endpoint;
    const results: WarmPath[] = [];
    for (const { name, file, handlerName, event } of functions) {
      const medians: number[] = [];
      for (let round = 0; round < rounds; round++) {
        endpoint.reset();
        const invocation = { bundle: file, handlerName, event, environment, calls };
        const { answer, callMs } = await measureInFreshProcess(invocation, pinning);
        expectSuccess(name, answer);
        medians.push(median(callMs.slice(1)));
      }
      const { connections, requests } = seen;
      results.push({ name, awsCalls: requests / calls, connections, warmMs: spread(medians) });
    }
    return results;
  } finally {
    await endpoint.close();
  }
}
