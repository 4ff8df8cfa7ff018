import type { Bench } from "../bench.ts";
import { monthlyCosts } from "./costs.ts";
import { prices, quotas, usage } from "./inputs.ts";
import { costsTables, volumes } from "./tables.ts";

/** On paper: nothing is measured, and all of it follows from the inputs. */
export const costs: Bench = {
  name: "costs",
  title: "Costs",
  page: "costs.md",
  seconds: 0,
  run: async () => ({
    tables: costsTables(),
    charts: [],
    data: {
      usage,
      prices,
      quotas,
      costs: Object.fromEntries(volumes.map((recordings) => [recordings, monthlyCosts(recordings)])),
    },
  }),
};
