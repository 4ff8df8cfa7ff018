import type { Bench } from "./bench.ts";
import { coldStart } from "./cold-start/cold-start.ts";
import { costs } from "./costs/bench.ts";
import { faults } from "./faults/faults.ts";
import { load } from "./load/load.ts";
import { localRun } from "./local-run/local-run.ts";
import { memory } from "./memory/memory.ts";
import { warmPath } from "./warm-path/warm-path.ts";

/** In the order of docs/performance.md; the costs have a page of their own. */
export const benches: readonly Bench[] = [coldStart, memory, warmPath, load, faults, localRun, costs];
