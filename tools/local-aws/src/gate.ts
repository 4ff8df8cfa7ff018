import {
  type AccessRequest,
  type Caller,
  decide,
  type NamedPolicy,
  type Policies,
} from "@voice-notes/permissions";
import type { Gate, Principal, Question, TracedDecision } from "./types.ts";

export interface GateOptions {
  readonly accountId: string;
  readonly region: string;
  /** By the ARN of the resource that carries them. */
  readonly resourcePolicies: ReadonlyMap<string, readonly NamedPolicy[]>;
  /** Told of every decision, allowed or denied. */
  readonly trace: (decision: TracedDecision) => void;
  readonly clock?: () => Date;
}

/** The one place where IAM is asked: adds the global condition keys, decides, and traces. */
export function createGate({
  accountId,
  region,
  resourcePolicies,
  trace,
  clock = () => new Date(),
}: GateOptions): Gate {
  const ask = (who: string, caller: Caller, policies: Omit<Policies, "resource">, question: Question) => {
    const time = clock();
    const context = { ...globalContext(caller, question, region, time), ...question.context };
    const { action, resource } = question;
    const request: AccessRequest = { caller, action, resource, resourceAccountId: accountId, context };
    const decision = decide(request, {
      ...policies,
      resource: resourcePolicies.get(policyHolder(resource)) ?? [],
    });
    trace({ ...question, context, time, who, caller, decision });
    return decision;
  };
  return {
    authorize: ({ name, caller, policies: identity, boundary }: Principal, question) =>
      ask(name, caller, { identity, ...(boundary && { boundary }) }, question),
    authorizeService: (service, question) =>
      ask(service, { type: "service", service }, { identity: [] }, question),
  };
}

/** The ARN whose resource-based policies speak for a resource: an object's are its bucket's. */
function policyHolder(resource: string): string {
  return /^arn:[^:]*:s3:::[^/]*/.exec(resource)?.[0] ?? resource;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
function globalContext(
  caller: Caller,
  question: Question,
  region: string,
  time: Date,
): Record<string, string> {
  const global = {
    // The hop over loopback stands in for TLS (docs/local-run.md).
    "aws:SecureTransport": "true",
    "aws:CurrentTime": time.toISOString(),
    "aws:EpochTime": String(Math.floor(time.getTime() / 1000)),
    "aws:RequestedRegion": region,
  };
  if (caller.type === "service") {
    return { ...global, "aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": caller.service };
  }
  const principal = {
    ...global,
    "aws:PrincipalArn": caller.principalArn,
    "aws:PrincipalAccount": caller.accountId,
    "aws:PrincipalType": "AssumedRole",
    "aws:PrincipalIsAWSService": "false",
    "aws:ViaAWSService": String(question.onBehalfBy !== undefined),
  };
  // A service that asks on the principal's behalf does so from an address of its own.
  return question.onBehalfBy === undefined ? { ...principal, "aws:SourceIp": "127.0.0.1" } : principal;
}
