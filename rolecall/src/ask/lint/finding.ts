import type { Service } from "../../stack/source/service.ts";
import type { Source, Sources } from "../../stack/source/sources.ts";
import type { PlacedStatement } from "./statements.ts";

export interface Finding {
  /** The rule's name, e.g. `unknown-action`. */
  readonly rule: string;
  /** `error`: it fails in the account, or grants what it should not. `warning`: it works, and should be otherwise. */
  readonly severity: "error" | "warning";
  /** What it is about: `storePhoto/StorePhoto` for a statement, else a function's key or a logical id. */
  readonly subject: string;
  /** What is wrong, and where. */
  readonly message: string;
  /** What to write instead. */
  readonly fix: string;
  /** The line to change, where it is known. */
  readonly source?: Source;
  /** Why it may stay, where the list of exceptions says so. */
  readonly accepted?: string;
}

/** What a rule finds. */
export interface Problem extends Pick<Finding, "severity" | "subject" | "message" | "fix"> {
  readonly source: Source | undefined;
}

export interface Rule {
  readonly name: string;
  readonly check: (material: Material) => Iterable<Problem>;
}

/** What rules look at. */
export interface Material {
  readonly service: Service;
  readonly sources: Sources;
  readonly statements: readonly PlacedStatement[];
}
