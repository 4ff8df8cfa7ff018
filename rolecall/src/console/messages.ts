/*
 * What the console's server and its page tell each other, as JSON. Nothing is imported here: the page's modules take
 * their types from this file, and know nothing of Node.
 */

/** A name of the stack, and the whole of what it stands for. */
export interface Named {
  /** As a reader knows it, e.g. `Photos/originals/*`. */
  readonly short: string;
  readonly full: string;
}

/** Where something is written. */
export interface Place {
  /** Relative to the service's folder. */
  readonly file: string;
  readonly line: number;
}

/** Everything that does not change while the local run goes on. */
export interface ServiceMessage {
  /** Another one says that the local run was started anew. */
  readonly run: string;
  readonly service: string;
  readonly stage: string;
  readonly region: string;
  readonly accountId: string;
  readonly api: string;
  readonly endpoint: string;
  /** By their names. */
  readonly buckets: readonly string[];
  /** What hears, for Transcribe. */
  readonly speech: string;
  /** Those with policies: the functions, the developer, the resources that carry one. */
  readonly holders: readonly HolderMessage[];
  readonly routes: readonly RouteMessage[];
  /** The service's own. */
  readonly views: readonly { readonly name: string; readonly title: string }[];
  /** What its own views are told. */
  readonly own?: unknown;
  /** The view that shows what a decision is about, and the link's words. */
  readonly about?: { readonly view: string; readonly title: string };
  /** What sets the service going. */
  readonly sender?: { readonly title: string; readonly path: string; readonly view: string };
}

export interface HolderMessage {
  /** The function's key, `developer`, or the resource's ARN; what a change of a policy names. */
  readonly id: string;
  readonly kind: "function" | "developer" | "resource";
  readonly name: string;
  readonly description?: string;
  readonly place?: Place;
  /** The resource's type, e.g. `AWS::SQS::Queue`. */
  readonly type?: string;
  /** The function's, or the resource's. */
  readonly arn?: string;
  /** Whom it acts as. */
  readonly role?: {
    readonly name: string;
    readonly arn: string;
    readonly trusts: readonly string[];
    readonly boundary?: string;
  };
  /** What it may do, or for a resource who may do what with it. */
  readonly statements: readonly StatementMessage[];
  readonly byResource: readonly SummaryMessage[];
  readonly byAction: readonly SummaryMessage[];
  /** Of a function: its resource-based policy. */
  readonly callers: readonly StatementMessage[];
  /** What Lambda polls for it, with its role. */
  readonly polls: readonly { readonly source: Named; readonly place?: Place }[];
}

export interface StatementMessage {
  /** Whose policy it is in, as `HolderMessage.id` or the function's ARN. */
  readonly holder: string;
  readonly policy: string;
  /** Position in the policy, from 0. */
  readonly index: number;
  readonly sid?: string;
  readonly effect: "Allow" | "Deny";
  /** Of a resource-based policy. */
  readonly who: readonly string[];
  readonly actions: readonly string[];
  /** Whether the actions are those that it is not about. */
  readonly isNotAction: boolean;
  readonly resources: readonly Named[];
  readonly isNotResource: boolean;
  readonly conditions: readonly Named[];
  readonly why?: string;
  readonly place?: Place;
  /** By the framework or a plugin. */
  readonly isAdded: boolean;
}

/** One resource or one action, and what is granted on it. */
export interface SummaryMessage {
  readonly subject: Named;
  /** What AWS calls the service, e.g. `Amazon S3`. */
  readonly service: string;
  readonly grants: readonly {
    readonly effect: "Allow" | "Deny";
    readonly on: readonly Named[];
    readonly conditionKeys: readonly string[];
    readonly sid?: string;
  }[];
}

export interface RouteMessage {
  readonly routeKey: string;
  readonly authorization: string;
  readonly invokes: Named;
  readonly functionKey?: string;
  readonly place?: Place;
}

/** One line of the stream. */
export interface DecisionMessage {
  /** From 1, in the order in which they were taken. */
  readonly number: number;
  /** ISO 8601. */
  readonly time: string;
  /** A function's key, `developer`, or an AWS service. */
  readonly who: string;
  /** The service that asked on its behalf. */
  readonly onBehalfBy?: string;
  readonly action: string;
  readonly resource: Named;
  /** Of the request's context, what tells it from others, e.g. `prefix=originals/`. */
  readonly telling: readonly string[];
  readonly outcome: "allowed" | "explicitly denied" | "implicitly denied" | "unknown";
  /** Of the statement that decided, its Sid or else its policy. */
  readonly by?: string;
  /** In words, e.g. `no identity-based policy allows it`. */
  readonly why: string;
  /** What it is about, by the name that `ServiceMessage.about.view` knows it by. */
  readonly about?: string;
}

export interface DecisionDetail {
  readonly decision: DecisionMessage;
  readonly explanation: ExplanationMessage;
  /** Whether a change of a policy was in force. */
  readonly isWhatIf: boolean;
}

/** Why IAM decides a request as it does. */
export interface ExplanationMessage {
  readonly principal: { readonly name: string; readonly arn: string };
  readonly action: string;
  readonly resource: Named;
  readonly outcome: DecisionMessage["outcome"];
  readonly why: string;
  readonly context: readonly ContextMessage[];
  readonly by?: StatementReference;
  readonly nearest?: {
    readonly statement: StatementReference;
    readonly differences: readonly string[];
  };
  /** With all of these, IAM allows it. */
  readonly changes: readonly { readonly says: string; readonly place?: Place; readonly inCall: boolean }[];
  readonly notes: readonly string[];
  /** In IAM's order. */
  readonly steps: readonly StepMessage[];
}

export interface ContextMessage {
  readonly key: string;
  readonly values: readonly string[];
  /** Whether a statement that was asked looks at it. */
  readonly isLookedAt: boolean;
}

export interface StatementReference {
  readonly name: string;
  /** E.g. `identity-based policy`. */
  readonly kind: string;
  readonly place?: Place;
}

/** One question of IAM's, and the statements that it put it to. */
export interface StepMessage {
  readonly asks: string;
  readonly answer: string;
  readonly statements: readonly (StatementReference & {
    readonly effect: "Allow" | "Deny";
    readonly applies: boolean;
    readonly decides: boolean;
    readonly parts: readonly { readonly part: string; readonly fits: boolean; readonly says: string }[];
  })[];
}

export interface Question {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** `KEY=VALUE` each. */
  readonly context: readonly string[];
}

/** An action that is taken out of a statement, or put back. */
export interface ActionChange {
  readonly holder: string;
  readonly policy: string;
  readonly index: number;
  readonly action: string;
  readonly isAllowed: boolean;
}

export interface WhatIfMessage {
  /** What is taken out at the moment. */
  readonly taken: readonly (Omit<ActionChange, "isAllowed"> & {
    readonly name: string;
    readonly sid: string;
  })[];
  /** The number of the decision after which the policies were changed for the first time; the last so far if they were not. */
  readonly since: number;
}

export interface CredentialsMessage {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What a server-sent event carries, by its name. */
export interface Events {
  /** First of all on each connection. */
  readonly hello: { readonly run: string };
  readonly decisions: readonly DecisionMessage[];
  readonly "what-if": WhatIfMessage;
}
