import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "./evaluate.ts";
import {
  KINDS,
  policiesOf,
  type RawPolicies,
  type RawStatement,
  rawPolicies,
  request,
  statement,
} from "./test-generators.ts";
import type { AccessRequest } from "./types.ts";

function isAllowed(question: AccessRequest, raw: RawPolicies): boolean {
  return decide(question, policiesOf(raw)).outcome === "allowed";
}

/** Changes every Allow of a set of policies; the change must not take a right away. */
function expectWider(change: (statement: RawStatement) => RawStatement): void {
  fc.assert(
    fc.property(request, rawPolicies, (question, raw) => {
      const wider = Object.fromEntries(
        Object.entries(raw).map(([kind, statements]) => [
          kind,
          statements.map((each) => (each.Effect === "Allow" ? change(each) : each)),
        ]),
      );
      return !isAllowed(question, raw) || isAllowed(question, wider);
    }),
    { numRuns: 2000 },
  );
}

describe("whatever the policies say,", () => {
  it("a Deny that applies always wins", () => {
    fc.assert(
      fc.property(request, rawPolicies, fc.constantFrom(...KINDS), fc.nat(), (question, raw, kind, place) => {
        // Policies attached to a principal have nothing to say about a service.
        const where = question.caller.type === "service" ? "resource-based" : kind;
        const deny: RawStatement = {
          Effect: "Deny",
          Action: question.action,
          Resource: "*",
          Condition: {},
          ...(where === "resource-based" && { Principal: "*" }),
        };
        const statements = raw[where] ?? [];
        const denied = { ...raw, [where]: statements.toSpliced(place % (statements.length + 1), 0, deny) };
        return decide(question, policiesOf(denied)).outcome === "explicitly denied";
      }),
    );
  });

  it("adding an Allow never takes a right away", () => {
    const addition = fc
      .constantFrom(...KINDS)
      .chain((kind) => fc.record({ kind: fc.constant(kind), added: statement(kind) }));
    fc.assert(
      fc.property(request, rawPolicies, addition, (question, raw, { kind, added }) => {
        const statements = raw[kind];
        // The first policy of its kind is a ceiling that was not there before.
        if (statements === undefined || !isAllowed(question, raw)) return true;
        return isAllowed(question, { ...raw, [kind]: [...statements, { ...added, Effect: "Allow" }] });
      }),
      { numRuns: 2000 },
    );
  });

  it("widening the resource of an Allow never denies", () => {
    expectWider((each) => (each.Resource === undefined ? each : { ...each, Resource: "*" }));
    expectWider((each) =>
      each.Resource?.startsWith("arn:") ? { ...each, Resource: `${each.Resource.slice(0, 12)}*` } : each,
    );
  });

  it("widening the action of an Allow never denies", () => {
    expectWider((each) => (each.Action === undefined ? each : { ...each, Action: "*" }));
    expectWider((each) =>
      each.Action?.includes(":") ? { ...each, Action: `${each.Action.split(":")[0]}:*` } : each,
    );
  });

  it("removing the conditions of an Allow never denies", () => {
    expectWider((each) => ({ ...each, Condition: {} }));
  });

  it("the order of statements does not change the decision", () => {
    fc.assert(
      fc.property(request, rawPolicies, (question, raw) => {
        const reversed = Object.fromEntries(
          Object.entries(raw).map(([kind, statements]) => [kind, statements.toReversed()]),
        );
        const [one, other] = [decide(question, policiesOf(raw)), decide(question, policiesOf(reversed))];
        expect(other.outcome).toBe(one.outcome);
        if (one.outcome === "implicitly denied") expect(other).toEqual(one);
        if ("by" in one && "by" in other) expect(other.by.kind).toBe(one.by.kind);
      }),
    );
  });

  it("the case of actions and of condition keys does not change the decision", () => {
    fc.assert(
      fc.property(request, rawPolicies, (question, raw) => {
        const shouted = {
          ...question,
          action: question.action.toUpperCase(),
          context: Object.fromEntries(
            Object.entries(question.context).map(([key, value]) => [key.toUpperCase(), value]),
          ),
        };
        expect(decide(shouted, policiesOf(raw))).toEqual(decide(question, policiesOf(raw)));
      }),
    );
  });

  it("a decision is made, and the statement it names is there", () => {
    const effects = { allowed: "Allow", "explicitly denied": "Deny" };
    fc.assert(
      fc.property(request, rawPolicies, (question, raw) => {
        const decision = decide(question, policiesOf(raw));
        if (!("by" in decision)) return decision.outcome === "implicitly denied";
        return raw[decision.by.kind]?.[decision.by.index]?.Effect === effects[decision.outcome];
      }),
    );
  });
});
