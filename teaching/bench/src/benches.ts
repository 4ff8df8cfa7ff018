import type { Bench } from "./bench.ts";
import { coldStart } from "./cold-start/cold-start.ts";
import { faults } from "./faults/faults.ts";
import { load } from "./load/load.ts";

/** In the order of docs/performance.md. */
export const benches: readonly Bench[] = [coldStart, load, faults];
