/** What came of one check before a deployment. */
export interface Finding {
  readonly check: string;
  /**
   * `problem`: the deployment would fail, or should not be made. `warning`: it works, and should be otherwise.
   * `not checked`: nothing is known, as the caller lacks the right to look.
   */
  readonly status: "fine" | "problem" | "warning" | "not checked";
  readonly message: string;
  /** What to do. */
  readonly remedy?: string;
}

export const fine = (check: string, message: string): Finding => ({ check, status: "fine", message });

export const problem = (check: string, message: string, remedy: string): Finding => ({
  check,
  status: "problem",
  message,
  remedy,
});

export const warning = (check: string, message: string, remedy: string): Finding => ({
  check,
  status: "warning",
  message,
  remedy,
});

export const notChecked = (check: string, message: string, remedy: string): Finding => ({
  check,
  status: "not checked",
  message,
  remedy,
});
