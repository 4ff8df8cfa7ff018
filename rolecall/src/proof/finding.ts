import type { Source } from "../stack/source/sources.ts";

/** Something that has to be changed: a policy, or the scenarios. */
export interface Finding {
  readonly type:
    | "missing"
    | "not refused"
    | "spare"
    | "wide"
    | "idle"
    | "unused exception"
    | "open"
    | "not tried";
  readonly message: string;
  /** The statement's place, where there is one. */
  readonly source?: Source;
}
