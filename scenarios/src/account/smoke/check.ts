/** What came of one thing that was tried on a deployed stage. */
export interface Check {
  readonly section: Section;
  /** A statement about the service or about AWS. */
  readonly name: string;
  /**
   * `failed`: the stage does not do what it should. `differs`: AWS does otherwise than the local run takes it to, which
   * breaks nothing here. `skipped`: nobody knows.
   */
  readonly status: "passed" | "failed" | "differs" | "skipped";
  readonly expected?: string;
  readonly observed?: string;
  /** Why it was skipped. */
  readonly why?: string;
  readonly seconds?: number;
}

export const sections = {
  behaviour: "What the service does",
  denials: "What a function's rights are refused",
  policies: "The policies as deployed, against the packaged template",
  simulation: "IAM's own simulator, against the decisions made here",
  cleanUp: "Clean-up",
} as const;

export type Section = keyof typeof sections;

/** Told each check as it comes to an end. */
export type Report = (check: Check) => void;
