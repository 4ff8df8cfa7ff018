import type { Bench, BenchOptions, Report } from "../bench.ts";
import { startEndpoint } from "../function/endpoint.ts";
import { findPinning, type Measurement, measureInFreshProcess } from "../function/fresh-process.ts";
import { expectSuccess } from "../function/functions.ts";
import { buildAll } from "./builds.ts";
import { goals } from "./goals.ts";
import { compareBuilds } from "./results.ts";
import { buildsTables, goalsTable, totalChart } from "./tables.ts";

export const coldStart: Bench = {
  name: "cold-start",
  title: "Cold start",
  seconds: 120,
  async run({ root, temporary, rounds = 15, onProgress }: BenchOptions): Promise<Report> {
    onProgress("bundling …");
    const builds = await buildAll(root, temporary);
    const pinning = await findPinning();
    const endpoint = await startEndpoint(temporary);
    try {
      const measured = builds.map((): Measurement[] => []);
      for (let round = 1; round <= rounds; round++) {
        onProgress(`round ${round} of ${rounds} …`);
        // In turns, so that what else the machine does disturbs all alike.
        for (const [index, build] of builds.entries()) {
          const { environment } = endpoint;
          const measurement = await measureInFreshProcess({ ...build, environment }, pinning);
          expectSuccess(`${build.name} (${build.bundleName})`, measurement.answer);
          measured[index]?.push(measurement);
        }
      }
      const results = compareBuilds(builds, measured);
      return {
        conditions: `Node ${process.version}, ${process.platform} ${process.arch}, fresh processes ${pinning.description}, ${rounds} rounds`,
        tables: [goalsTable(results), ...buildsTables(results)],
        charts: [totalChart(results)],
        data: { results, goals },
      };
    } finally {
      await endpoint.close();
    }
  },
};
