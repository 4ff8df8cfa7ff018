import { decide } from "../iam/evaluate.ts";
import { policyHolder } from "../iam/global-context.ts";
import type { AccessRequest, Condition, DecidingStatement, Statement } from "../iam/types.ts";
import type { ExecutionRole } from "../stack/principals.ts";
import type { Service } from "../stack/source/service.ts";
import { grantsOf, onlyGrant } from "./mutants.ts";
import { allowedBy, needs, type Recording } from "./recording.ts";

/** A right that somebody has and should not. */
export interface Open {
  readonly stage: string;
  readonly functionKey: string;
  readonly request: Pick<AccessRequest, "action" | "resource" | "context">;
  /** The statement that allows it. */
  readonly by: DecidingStatement;
  /** Whose it is: a stage and a function's key; undefined for what is nobody's. */
  readonly owner: { readonly stage: string; readonly functionKey: string } | undefined;
}

export interface Closed {
  /** How many questions were asked. */
  readonly asked: number;
  readonly open: readonly Open[];
  /** Rights for which no request could be made up that they allow, in words. */
  readonly notTried: readonly string[];
}

/** Stands for whatever a wildcard leaves open. */
const anything = "01900000-0000-7000-8000-000000000000.en-US.wav";

/**
 * Asks for every function whether it may do what another function is granted, in its own stage and in others, or the
 * same on a resource beside those that is nobody's. In its own stage, what the function is granted in the same words,
 * or what a scenario shows it to do, is its own.
 */
export function findOpen(service: Service, neighbours: readonly Service[], recording: Recording): Closed {
  const open: Open[] = [];
  const notTried: string[] = [];
  let asked = 0;

  const check = (at: Service, role: ExecutionRole, { request, owner }: Claim) => {
    asked += 1;
    const decision = decide(requestOf(at, role, request), policiesFor(at, role, request.resource));
    if (decision.outcome === "allowed")
      open.push({ stage: at.stage, functionKey: role.functionKey, request, by: decision.by, owner });
  };
  const claims = new Map(
    [service, ...neighbours].map((one) => {
      const made = claimsOf(one);
      notTried.push(...made.notTried);
      return [one, made.claims];
    }),
  );

  for (const role of service.roles) {
    const own = new Set(claims.get(service)?.flatMap((claim) => (isOf(claim, role) ? nameOf(claim) : [])));
    for (const claim of claims.get(service) ?? []) {
      if (own.has(nameOf(claim)) || isUsed(recording, role, claim)) continue;
      check(service, role, claim);
    }
  }
  for (const neighbour of neighbours) {
    for (const role of service.roles)
      for (const claim of claims.get(neighbour) ?? []) check(service, role, claim);
    for (const role of neighbour.roles)
      for (const claim of claims.get(service) ?? []) check(neighbour, role, claim);
  }
  // Each stage says the same of itself.
  return { asked, open, notTried: [...new Set(notTried)] };
}

/** A grant of a function, and a request that it allows; or one that is beside it. */
interface Claim {
  readonly owner: Open["owner"];
  readonly request: Open["request"];
  readonly statement?: Statement;
}

/** A claim in the words of the statement; what is nobody's is never somebody's own. */
const nameOf = ({ statement, request }: Claim) =>
  statement
    ? JSON.stringify([statement.actions, statement.resources, statement.conditions])
    : request.resource;

const isOf = ({ owner }: Claim, role: ExecutionRole) => owner?.functionKey === role.functionKey;

function claimsOf(service: Service): {
  readonly claims: readonly Claim[];
  readonly notTried: readonly string[];
} {
  const notTried: string[] = [];
  const claims = new Map<string, Claim>();
  for (const role of service.roles) {
    const owner = { stage: service.stage, functionKey: role.functionKey };
    for (const { document } of role.policies) {
      for (const statement of document.statements.filter(({ effect }) => effect === "Allow")) {
        for (const grant of grantsOf(statement)) {
          const single = onlyGrant(statement, grant);
          const request = madeUpRequest(single);
          const alone = [{ name: "alone", document: { ...document, statements: [single] } }];
          const isAllowed =
            request !== undefined &&
            decide(requestOf(service, role, request), { identity: alone, resource: [] }).outcome ===
              "allowed";
          if (!isAllowed) {
            notTried.push(`${role.functionKey}: ${single.sid ?? JSON.stringify(single)}`);
            continue;
          }
          const claim = { owner, request, statement: single };
          claims.set(`${role.functionKey} ${nameOf(claim)}`, claim);
          for (const resource of besides(single)) {
            const beside = { owner: undefined, request: { ...request, resource } };
            claims.set(JSON.stringify(beside), beside);
          }
        }
      }
    }
  }
  return { claims: [...claims.values()], notTried };
}

/** What a statement of one action on one resource allows; undefined where it says only what it does not. */
function madeUpRequest({ actions, resources, conditions }: Statement): Claim["request"] | undefined {
  const [action] = actions.patterns;
  const [resource] = resources?.patterns ?? [];
  if (action === undefined || resource === undefined || actions.not || resources?.not) return undefined;
  return {
    action: action.replace(/[*?]/g, "Any"),
    resource: resource === "*" ? "*" : fill(resource),
    context: Object.fromEntries(conditions.flatMap(valueFor)),
  };
}

/** A value that a condition asks for; of those that ask for something else than a value, none. */
function valueFor({ operator, key, values: [value] }: Condition): [string, string][] {
  const isNegated = operator === "Null" || operator.includes("Not");
  return isNegated || value === undefined ? [] : [[key, /Like/.test(operator) ? fill(value) : value]];
}

const fill = (pattern: string) => pattern.replace(/\*/g, anything).replace(/\?/g, "x");

/** `originals/*` has `unclaimed-…` beside it. */
function besides({ resources }: Statement): string[] {
  const [pattern = "*"] = resources?.patterns ?? [];
  const fixed = pattern.slice(0, pattern.search(/[*?]/));
  const parent = fixed.replace(/\/$/, "").replace(/[^/]*$/, "");
  return pattern === "*" || !pattern.includes("*") || parent === "" ? [] : [`${parent}unclaimed-${anything}`];
}

/** Whether a scenario shows the function doing it. */
function isUsed(recording: Recording, role: ExecutionRole, { statement }: Claim): boolean {
  if (!statement) return false;
  const isIt = allowedBy(recording, { type: "role" }, statement);
  return needs(recording).some((request) => request.who === role.functionKey && isIt(request));
}

function requestOf({ stack }: Service, role: ExecutionRole, request: Claim["request"]): AccessRequest {
  const { accountId, partition } = stack.environment;
  return {
    caller: {
      type: "principal",
      arn: `arn:${partition}:sts::${accountId}:assumed-role/${role.name}/${role.functionName}`,
      principalArn: role.arn,
      accountId,
    },
    resourceAccountId: accountId,
    ...request,
  };
}

function policiesFor({ resourcePolicies }: Service, { policies, boundary }: ExecutionRole, resource: string) {
  return {
    identity: policies,
    resource: resourcePolicies.get(policyHolder(resource)) ?? [],
    ...(boundary && { boundary }),
  };
}
