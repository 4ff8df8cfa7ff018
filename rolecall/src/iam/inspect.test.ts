import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "./evaluate.ts";
import { inspect } from "./inspect.ts";
import { policiesOf, rawPolicies, request as requests } from "./test-generators.ts";
import { allow, deny, identity, request, resource } from "./test-support.ts";

describe("inspect", () => {
  it("says of each statement what of it fits, and what the request has for a condition's key", () => {
    const [statement] = inspect(request({ context: { "s3:Prefix": "originals/" } }), {
      identity: identity(
        allow({
          Action: "s3:PutObject",
          Condition: { StringLike: { "s3:prefix": ["results/*"], "s3:delimiter": "/" } },
        }),
      ),
      resource: [],
    }).statements;

    expect(statement).toMatchObject({
      kind: "identity-based",
      effect: "Allow",
      applies: false,
      action: false,
      resource: true,
      conditions: [
        {
          operator: "StringLike",
          key: "s3:prefix",
          values: ["results/*"],
          actual: ["originals/"],
          holds: false,
        },
        { key: "s3:delimiter", actual: "absent", holds: false },
      ],
    });
    expect(statement).not.toHaveProperty("principal");
  });

  it("says how a resource-based policy names the caller", () => {
    const named = (Principal: unknown) =>
      inspect(request(), { identity: [], resource: resource(allow({ Principal })) }).statements[0]?.principal;

    expect(named({ AWS: request().caller.type === "principal" ? "123456789012" : "" })).toEqual({
      fits: true,
      reach: "account",
    });
    expect(named("*")).toEqual({ fits: true, reach: "session" });
    expect(named({ Service: "s3.amazonaws.com" })).toEqual({ fits: false });
  });

  it("lists what denies before what allows", () => {
    const { statements } = inspect(request(), {
      identity: identity(allow(), deny({ Resource: "*" })),
      resource: resource(deny({ Principal: "*" }), allow({ Principal: "*" })),
    });

    expect(statements.map(({ effect, kind }) => `${effect} ${kind}`)).toEqual([
      "Deny resource-based",
      "Deny identity-based",
      "Allow identity-based",
      "Allow resource-based",
    ]);
  });

  it("decides as decide does, and its statements bear the decision out", () => {
    fc.assert(
      fc.property(requests, rawPolicies, (question, raw) => {
        const policies = policiesOf(raw);
        const { decision, statements } = inspect(question, policies);
        expect(decision).toEqual(decide(question, policies));
        const denies = statements.some(({ effect, applies }) => effect === "Deny" && applies);
        expect(denies).toBe(decision.outcome === "explicitly denied");
        if (!("by" in decision)) return;
        const { kind, index } = decision.by;
        const deciding = statements.find((statement) => statement.kind === kind && statement.index === index);
        expect(deciding?.applies).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
