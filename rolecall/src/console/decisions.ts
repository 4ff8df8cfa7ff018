import { explain, type Material } from "../ask/explain/explain.ts";
import type { Explanation, PlacedStatement } from "../ask/explain/explanation.ts";
import { SenselessQuestion } from "../ask/explain/senseless.ts";
import type { Names } from "../ask/report/names.ts";
import { policyHolder } from "../iam/global-context.ts";
import { inspect } from "../iam/inspect.ts";
import type { NamedPolicy } from "../iam/types.ts";
import { otherwiseOf } from "../iam/unknown.ts";
import { type PoliciesInForce, type TracedDecision, tellingContext, tellingKeys } from "../run/index.ts";
import { decidedBy, explanationMessage, reference, whyOf } from "./explanation.ts";
import type { DecisionDetail, DecisionMessage, ExplanationMessage } from "./messages.ts";
import { callerName, type PoliciesAsked, withPolicies } from "./principals.ts";

/** The latest; each keeps what it was decided by. */
const decisionsKept = 5_000;

export interface DecisionLog {
  /** Of the latest decision; 0 before the first. */
  readonly last: number;
  /** @returns as the page is told. */
  add(traced: TracedDecision): DecisionMessage;
  /** Those that are kept and that came later than this number. */
  after(number: number): readonly DecisionMessage[];
  /**
   * Everything about one.
   *
   * @returns undefined for one that never was, or is not kept any more
   */
  detail(number: number): Promise<DecisionDetail | undefined>;
}

export interface DecisionLogOptions extends Material {
  readonly names: Names;
  /** Those in force now: a decision is explained by the policies that it was taken by. */
  readonly policies: PoliciesInForce;
  /** Those of the template, where others are in force now. */
  readonly original: () => PoliciesAsked | undefined;
  /** Finds what a decision is about in what was asked. */
  readonly findAbout?: ((text: string) => string | undefined) | undefined;
}

interface KeptDecision {
  readonly message: DecisionMessage;
  readonly traced: TracedDecision;
  readonly policies: PoliciesAsked;
  readonly original: PoliciesAsked | undefined;
}

export function createDecisionLog({
  service,
  sources,
  names,
  policies,
  original,
  findAbout,
}: DecisionLogOptions): DecisionLog {
  const kept: KeptDecision[] = [];
  const telling = tellingKeys(policies);
  let last = 0;
  return {
    get last() {
      return last;
    },
    add(traced) {
      last += 1;
      const message = decisionMessage(traced, last, { names, telling, ...(findAbout && { findAbout }) });
      kept.push({
        message,
        traced,
        policies: {
          identity: entryOf(policies.identity, traced.who),
          resource: entryOf(policies.resource, policyHolder(traced.resource)),
        },
        original: original(),
      });
      // Many at once, because taking from the front moves all the others.
      if (kept.length >= 2 * decisionsKept) kept.splice(0, decisionsKept);
      return message;
    },
    after: (number) =>
      kept.slice(-decisionsKept).flatMap(({ message }) => (message.number > number ? message : [])),
    async detail(number) {
      const found = kept.find(({ message }) => message.number === number);
      if (found === undefined) return undefined;
      const asTaken = withPolicies(service, found.policies);
      const explanation = await explainTraced(found.traced, { service: asTaken, sources });
      const message = explanationMessage(explanation, names);
      if (found.original === undefined)
        return { decision: found.message, explanation: message, isWhatIf: false };
      const before = await explainTraced(found.traced, {
        service: withPolicies(service, found.original),
        sources,
      });
      return {
        decision: found.message,
        explanation: { ...message, ...changedBy(before, explanation) },
        isWhatIf: true,
      };
    },
  };
}

/** What What if has to do with a decision that came out otherwise than by the template. */
function changedBy(before: Explanation, { decision, asked }: Explanation): Partial<ExplanationMessage> {
  if (before.decision.outcome === decision.outcome) return {};
  if (before.decision.outcome !== "allowed" || before.by === undefined) {
    return { notes: [`As the template has it, ${whyOf(before.decision)}.`] };
  }
  return {
    nearest: { statement: reference(before.by), differences: [`What if took ${asked.action} out of it`] },
    changes: [{ says: "put it back", inCall: false }],
  };
}

function decisionMessage(
  traced: TracedDecision,
  number: number,
  {
    names,
    telling,
    findAbout = () => undefined,
  }: Pick<DecisionLogOptions, "names" | "findAbout"> & {
    readonly telling: ReadonlySet<string>;
  },
): DecisionMessage {
  const { time, who, onBehalfBy, action, resource, context, decision } = traced;
  const about = findAbout([resource, ...Object.values(context).flat()].join("\n"));
  return {
    number,
    time: time.toISOString(),
    who,
    ...(onBehalfBy !== undefined && { onBehalfBy }),
    action,
    resource: { short: names.shorten(resource), full: resource },
    telling: tellingContext(traced, telling),
    outcome: decision.outcome,
    ...(decision.outcome !== "implicitly denied" &&
      decision.outcome !== "unknown" && { by: decidedBy(decision) }),
    why: whyOf(decision),
    ...(about !== undefined && { about }),
  };
}

function entryOf(map: PoliciesAsked["identity"], key: string): Map<string, readonly NamedPolicy[]> {
  const value = map.get(key);
  return new Map(value === undefined ? [] : [[key, value]]);
}

/**
 * Explains a decision that was taken, the request being as it was. A request that `explain` takes for senseless was
 * made all the same (an operation that the Service Authorization Reference does not know, say): it is inspected alone.
 */
async function explainTraced(traced: TracedDecision, material: Material): Promise<Explanation> {
  const { who, action, resource, context } = traced;
  const entries = Object.entries(context).flatMap(([key, value]) =>
    [value].flat().map((one) => `${key}=${one}`),
  );
  try {
    return await explain({ principal: who, action, resource, context: entries }, material);
  } catch (error) {
    if (!(error instanceof SenselessQuestion)) throw error;
    return inspectTraced(traced, material);
  }
}

function inspectTraced(
  { who, caller, action, resource, context }: TracedDecision,
  { service, sources }: Material,
): Explanation {
  const { accountId } = service.stack.environment;
  const role = service.roles.find(({ functionKey }) => functionKey === who);
  const { decision, statements } = inspect(
    { caller, action, resource, resourceAccountId: accountId, context },
    {
      identity: role?.policies ?? [],
      resource: service.resourcePolicies.get(policyHolder(resource)) ?? [],
      ...(role?.boundary && { boundary: role.boundary }),
    },
  );
  const placed = statements.map((statement): PlacedStatement => {
    const { sid = "", policy } = statement;
    const source =
      (role && sources.statement({ functionKey: role.functionKey, sid })) ??
      sources.statement({ logicalId: policy, sid });
    return source === undefined ? statement : { ...statement, source };
  });
  const known = otherwiseOf(decision);
  const by =
    known.outcome === "implicitly denied"
      ? undefined
      : placed.find(
          ({ kind, policy, index }) =>
            kind === known.by.kind && policy === known.by.policy && index === known.by.index,
        );
  return {
    asked: {
      stage: service.stage,
      principal: { name: who, arn: callerName(caller) },
      action,
      resource,
      resourceAccountId: accountId,
      context,
      filledIn: {},
    },
    decision,
    ...(by && { by }),
    changes: [],
    notes: [],
    statements: placed,
  };
}
