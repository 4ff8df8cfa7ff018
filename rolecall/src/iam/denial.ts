import type { AccessRequest, Decision, PolicyKind } from "./types.ts";
import { dependsOn } from "./unknown.ts";

const POLICY_NAMES: Record<PolicyKind, { readonly words: string; readonly article: "a" | "an" }> = {
  "identity-based": { words: "identity-based policy", article: "an" },
  "resource-based": { words: "resource-based policy", article: "a" },
  boundary: { words: "permissions boundary", article: "a" },
  session: { words: "session policy", article: "a" },
  "service-control": { words: "service control policy", article: "a" },
};

/** A kind of policy in the words of AWS, e.g. "identity-based policy". */
export function policyWords(kind: PolicyKind): string {
  return POLICY_NAMES[kind].words;
}

/**
 * Says a denial in the words of AWS. The request's resource is named as it stands, in quotes where the service
 * does so (Amazon S3), and left out when it is `*`: a service that decides on `*` but names another resource is
 * asked with that one (`{ ...request, resource }`).
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function denialMessage(
  request: Pick<AccessRequest, "caller" | "action" | "resource">,
  decision: Exclude<Decision, { outcome: "allowed" }>,
  { quoteResource }: { readonly quoteResource: boolean },
): string {
  const { caller, action } = request;
  const user = caller.type === "service" ? caller.service : caller.arn;
  const name = quoteResource ? `"${request.resource}"` : request.resource;
  const resource = request.resource === "*" ? "" : ` on resource: ${name}`;
  return `User: ${user} is not authorized to perform: ${action}${resource} ${reason(action, decision)}`;
}

function reason(action: string, decision: Exclude<Decision, { outcome: "allowed" }>): string {
  if (decision.outcome === "explicitly denied") {
    const { words, article } = POLICY_NAMES[decision.by.kind];
    return `with an explicit deny in ${article} ${words}`;
  }
  // Of ours: AWS always knows.
  if (decision.outcome === "unknown") return `as far as is known here: it ${dependsOn(decision.because)}`;
  return `because no ${POLICY_NAMES[decision.missing].words} allows the ${action} action`;
}
