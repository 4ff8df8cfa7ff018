import type { Injector } from "../engines/faults/injector.ts";
import type { createIdentities } from "../gate/identities.ts";
import type { Gate, Log } from "../gate/types.ts";
import type { Packaged } from "../project/packaged.ts";
import type { Place } from "./developer.ts";
import type { StartOptions } from "./local-aws.ts";
import type { Reading } from "./parts/read.ts";

/** What every part of a run stands on. */
export interface Run {
  readonly reading: Reading;
  /** Of the functions and the layers, by their logical ids. */
  readonly code: Packaged["code"];
  readonly place: Place;
  readonly gate: Gate;
  readonly identities: ReturnType<typeof createIdentities>;
  readonly injector: Injector;
  readonly log: Log;
  readonly options: StartOptions;
  /** What ends a part; the latest is ended first, because whoever calls others ends before them. */
  onClose(end: () => unknown): void;
}
