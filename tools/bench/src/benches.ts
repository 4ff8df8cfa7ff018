import type { Bench } from "./bench.ts";
import { coldStart } from "./cold-start/cold-start.ts";
import { memory } from "./memory/memory.ts";
import { warmPath } from "./warm-path/warm-path.ts";

/** In the order of docs/performance.md. */
export const benches: readonly Bench[] = [coldStart, memory, warmPath];
