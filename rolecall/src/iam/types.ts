/** A policy document after its intrinsics were resolved, each one-or-many field made a list. */
export interface Policy {
  readonly version: "2008-10-17" | "2012-10-17";
  readonly id?: string;
  readonly statements: readonly Statement[];
  /** Names of unknowns that stand in the place of statements: what they are may allow and deny anything. */
  readonly unknown?: readonly string[];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html */
export interface Statement {
  readonly sid?: string;
  readonly effect: "Allow" | "Deny";
  readonly principals?: PrincipalElement;
  readonly actions: { readonly not: boolean; readonly patterns: readonly string[] };
  /** Absent only in a trust policy, whose resource is the role itself. */
  readonly resources?: { readonly not: boolean; readonly patterns: readonly string[] };
  readonly conditions: readonly Condition[];
}

/** `Principal` or `NotPrincipal` of a resource-based policy; `"*"` is written `{ AWS: ["*"] }` with `anyone` true. */
export interface PrincipalElement {
  readonly not: boolean;
  readonly anyone: boolean;
  readonly aws: readonly string[];
  readonly services: readonly string[];
  readonly federated: readonly string[];
  /** Canonical user ids: an account's, or an origin access identity's. */
  readonly canonical?: readonly string[];
  /** Names of the unknowns in it. */
  readonly unknown?: readonly string[];
}

/** One operator with one key, e.g. `StringLike`, `s3:prefix`, `["originals/*"]`. Several conditions are ANDed. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

export type PolicyKind = "identity-based" | "resource-based" | "boundary" | "session" | "service-control";

export interface NamedPolicy {
  /** What a reader would look for: the inline policy's name, or the logical id of the resource that carries it. */
  readonly name: string;
  readonly document: Policy;
  /** The name of a policy that is not in the template (its ARN, for instance): nothing is known of its statements. */
  readonly unknown?: string;
  /** Set for an AWS managed policy. */
  readonly managedBy?: "AWS";
}

/** Who asks. */
export type Caller =
  | {
      readonly type: "principal";
      /** The caller as AWS names it in a denial: `arn:aws:sts::…:assumed-role/ROLE/SESSION` or `arn:aws:iam::…:user/NAME`. */
      readonly arn: string;
      /** What a policy's `Principal` names and `aws:PrincipalArn` holds: the role's or the user's own ARN. */
      readonly principalArn: string;
      readonly accountId: string;
    }
  /** An AWS service acting for itself, e.g. `apigateway.amazonaws.com`. */
  | { readonly type: "service"; readonly service: string };

/** One question to IAM. A multivalued condition key holds a list; a key that is absent from `context` is absent. */
export interface AccessRequest {
  readonly caller: Caller;
  /** `service:Action`, compared without regard to case. */
  readonly action: string;
  /** The resource's ARN, or `*` for an action that has no resource type. */
  readonly resource: string;
  /** The account that owns the resource; the same account's identity-based policies suffice. */
  readonly resourceAccountId: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

export interface Policies {
  readonly identity: readonly NamedPolicy[];
  readonly resource: readonly NamedPolicy[];
  readonly boundary?: NamedPolicy;
  readonly session?: NamedPolicy;
  readonly serviceControl?: readonly NamedPolicy[];
}

/** A statement that decided, and where it stands. */
export interface DecidingStatement {
  readonly kind: PolicyKind;
  readonly policy: string;
  /** Position in the policy, from 0. */
  readonly index: number;
  readonly sid?: string;
}

export type KnownDecision =
  | { readonly outcome: "allowed"; readonly by: DecidingStatement }
  | { readonly outcome: "explicitly denied"; readonly by: DecidingStatement }
  /** `missing` names the kind of policy that had to allow the action and did not. */
  | { readonly outcome: "implicitly denied"; readonly missing: PolicyKind };

export type Decision =
  | KnownDecision
  /** It hangs on the unknowns that `because` names; `otherwise` is what is decided if they say nothing. */
  | {
      readonly outcome: "unknown";
      readonly because: readonly string[];
      readonly otherwise: KnownDecision;
    };
