import type { LocalScenario } from "@voice-notes/scenarios";
import type { Change } from "./change.ts";

/** A mistake that people make: what it changes in the service, and where it shows. Its page tells the rest. */
export interface Lab {
  /** Of the command `pnpm lab NAME` and of the page docs/mistakes/NAME.md. */
  readonly name: string;
  readonly changes: readonly Change[];
  /** The mistake in code that is the caller's own, outside the service. */
  readonly caller?: { readonly before: string; readonly after: string };
  /** Packages that the changed code imports and the service has not, by the folder whose code does. */
  readonly dependencies?: Readonly<Record<string, readonly string[]>>;
  readonly shows: AtDeployment | InUse;
  /** The lint's rule that finds it before a deployment, where there is one. */
  readonly rule?: string;
}

export interface AtDeployment {
  readonly at: "deployment";
  /** In what AWS says when it refuses. */
  readonly refusal: RegExp;
}

export interface InUse {
  readonly at: "run";
  /**
   * Uses the service until the mistake shows.
   *
   * @param changed `packaged` is the folder of the changed service's package
   * @returns what somebody reads who made it, line by line
   * @throws Error when it does not show
   */
  observe(stage: LocalStage, changed: { readonly packaged: string }): Promise<readonly string[]>;
  /** What `explain` is asked about it: the message that `observe` found, or a question. Nothing when absent. */
  readonly explain?: "message" | Question;
}

/** As `pnpm explain` takes it. */
export interface Question {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** `KEY=VALUE` */
  readonly context?: readonly string[];
}

export type LocalStage = Parameters<LocalScenario["steps"]>[0];
