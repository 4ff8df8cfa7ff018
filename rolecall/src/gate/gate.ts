import { decide } from "../iam/evaluate.ts";
import { globalContext, policyHolder } from "../iam/global-context.ts";
import type { AccessRequest, Caller, NamedPolicy, Policies } from "../iam/types.ts";
import type { Gate, Principal, Question, TracedDecision } from "./types.ts";

export interface GateOptions {
  readonly accountId: string;
  readonly region: string;
  /** By the ARN of the resource that carries them. */
  readonly resourcePolicies: ReadonlyMap<string, readonly NamedPolicy[]>;
  /** By a principal's name: in place of the identity-based policies that the principal came with. */
  readonly identityPolicies?: ReadonlyMap<string, readonly NamedPolicy[]>;
  /** Told of every decision, allowed or denied. */
  readonly trace: (decision: TracedDecision) => void;
  readonly clock?: () => Date;
}

/** The one place where IAM is asked: adds the global condition keys, decides, and traces. */
export function createGate({
  accountId,
  region,
  resourcePolicies,
  identityPolicies = new Map(),
  trace,
  clock = () => new Date(),
}: GateOptions): Gate {
  const ask = (who: string, caller: Caller, policies: Omit<Policies, "resource">, question: Question) => {
    const time = clock();
    const viaService = question.onBehalfBy !== undefined;
    // The hop over loopback stands in for TLS (docs/local-run.md).
    const context = { ...globalContext(caller, { region, time, viaService }), ...question.context };
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
    authorize: ({ name, caller, policies, boundary }: Principal, question) => {
      const identity = identityPolicies.get(name) ?? policies;
      return ask(name, caller, { identity, ...(boundary && { boundary }) }, question);
    },
    authorizeService: (service, question) =>
      ask(service, { type: "service", service }, { identity: [] }, question),
  };
}
