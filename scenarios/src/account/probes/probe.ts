import type { Recording, Stage } from "../../index.ts";
import type { Account } from "../account/account.ts";
import type { Sessions } from "../smoke/sessions.ts";
import type { Plan } from "../stage/plan.ts";

/** What a probe may use. What it makes, it takes away, or has the API make it, which keeps it in mind. */
export interface ProbeContext {
  readonly account: Account;
  readonly plan: Plan;
  readonly stage: Stage;
  /** Absent when no role was named to assume. */
  readonly sessions?: Sessions;
  /** A sample that was transcribed; the same for all who ask. */
  transcribed(): Promise<Recording>;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

export interface Observation {
  readonly observed: string;
  /** Whether it is what the local run and the handlers take AWS to do. */
  readonly isAsAssumed: boolean;
}

/** A question about AWS that no document answers for certain, and that this service touches. */
export interface Probe {
  /** For pasting and for looking up. */
  readonly id: string;
  readonly question: string;
  /** What the local run and the handlers take AWS to do. */
  readonly assumed: string;
  /** `caller`: rights of whoever runs it. `session`: a role to assume (--as-role). Otherwise the API is enough. */
  readonly needs?: "caller" | "session";
  /** Transcription jobs that asking it starts. */
  readonly jobs?: number;
  /** @throws Error when it could not be asked. */
  ask(context: ProbeContext): Promise<Observation>;
}

export const observation = (observed: string, isAsAssumed: boolean): Observation => ({
  observed,
  isAsAssumed,
});

/** An error of the SDK's: status, name and text. */
export function errorText(error: unknown): string {
  const { name, message, $metadata } = error as {
    readonly name?: string;
    readonly message?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  return `${$metadata?.httpStatusCode ?? ""} ${name}: ${message}`.trim();
}
