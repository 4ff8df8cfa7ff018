import type { InspectedStatement } from "../../iam/inspect.ts";
import type { AccessRequest, Decision, PolicyKind, Statement } from "../../iam/types.ts";
import type { Source, StatementSource } from "../../stack/source/sources.ts";
import type { Message } from "./message.ts";

/** Why IAM decides a request as it does, and for a denial what would have to be otherwise. Plain data. */
export interface Explanation {
  readonly asked: Asked;
  readonly decision: Decision;
  /** The statement that decided. */
  readonly by?: PlacedStatement;
  /** For an implicit denial: of the statements that could have allowed it, the one that lacks least. */
  readonly nearest?: Nearest;
  /** For a denial: with all of these, IAM allows the request. None where no policy could; the notes then say why. */
  readonly changes: readonly Change[];
  /** What a reader should know beside the decision. */
  readonly notes: readonly string[];
  /** Every statement that was asked, in IAM's order: first each Deny, then each Allow. */
  readonly statements: readonly PlacedStatement[];
}

/** Whether only policies that are not in the template could say: what it has does not decide. */
export function isOpen({ asked, by }: Explanation): boolean {
  return asked.principal.isOutsider === true && by?.kind === "identity-based";
}

/** The request as it was put to IAM. */
export interface Asked {
  readonly stage: string;
  readonly principal: {
    readonly name: string;
    readonly arn: string;
    /** Set where its own policies are not in the template, and are taken to allow everything. */
    readonly isOutsider?: true;
  };
  readonly action: string;
  readonly resource: string;
  /** The account that owns the resource. */
  readonly resourceAccountId: string;
  /** What the question said. */
  readonly context: AccessRequest["context"];
  /** What it left open and every request carries. */
  readonly filledIn: AccessRequest["context"];
}

/** A statement and the line that it was written on, where that is known. */
export interface PlacedStatement extends InspectedStatement {
  readonly source?: StatementSource;
}

export interface Nearest {
  readonly statement: PlacedStatement;
  readonly differences: readonly Difference[];
}

/** One thing about a statement that does not fit the request. */
export interface Difference {
  readonly part: "principal" | "action" | "resource" | "condition";
  /** In words, what the statement says and what was asked. */
  readonly says: string;
  /** What the call could have in its place, where there is such a thing. */
  readonly instead?: string;
}

/** Which statement a change is to. */
export interface StatementPosition {
  readonly kind: PolicyKind;
  readonly policy: string;
  readonly index: number;
}

export type Edit =
  /** One more value, beside those that stand there. */
  | {
      readonly edit: "add";
      readonly to: StatementPosition;
      readonly element: "Action" | "Resource";
      readonly value: string;
    }
  /** Other values for one condition; none lifts it. */
  | {
      readonly edit: "condition";
      readonly to: StatementPosition;
      readonly operator: string;
      readonly key: string;
      readonly values: readonly string[];
    }
  /** A statement of its own, at the end of the policy, or in a new one where there is none. */
  | {
      readonly edit: "statement";
      readonly to: Omit<StatementPosition, "index">;
      readonly statement: Statement;
    }
  /** A Deny that goes. */
  | { readonly edit: "remove"; readonly to: StatementPosition }
  /** Another request, with this in its context. */
  | { readonly edit: "context"; readonly key: string; readonly values: readonly string[] };

export type Change = Edit & {
  readonly says: string;
  /** The line to change. */
  readonly source?: Source;
};

/** What a refusal in a log means. */
export interface MessageExplanation {
  /** The message, taken apart. */
  readonly message: Message;
  /** Of what it is about, by this template; absent where the message does not say that. */
  readonly explanation?: Explanation;
  /** What the message means, a sentence each. */
  readonly says: readonly string[];
}
