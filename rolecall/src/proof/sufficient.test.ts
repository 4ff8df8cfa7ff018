import { describe, expect, it } from "vitest";
import type { TracedDecision } from "../run/index.ts";
import type { Scenario } from "./scenario.ts";
import type { Outcome } from "./scenario-runner.ts";
import { refusalsOf } from "./sufficient.ts";

const attempt: Scenario = {
  name: "nobody starts a job into another bucket",
  denials: ["start transcribe:StartTranscriptionJob"],
  isAttempt: true,
  steps: async () => {},
};

function decision(action: string, isAllowed: boolean): TracedDecision {
  return {
    time: new Date(),
    who: "start",
    caller: { type: "service", service: "test.amazonaws.com" },
    action,
    resource: "*",
    context: {},
    decision: isAllowed
      ? { outcome: "allowed", by: { kind: "identity-based", policy: "inline", index: 0 } }
      : { outcome: "implicitly denied", missing: "identity-based" },
  };
}

const denied = decision("transcribe:StartTranscriptionJob", false);
const allowed = decision("transcribe:StartTranscriptionJob", true);

function outcome(more: Partial<Outcome>): Outcome {
  return { decisions: [], unasked: [], missing: [], ...more } as Outcome;
}

describe("an attempt that fails", () => {
  it("because one of several refusals does not come shows what was allowed in its place", () => {
    const { admitted } = refusalsOf(
      attempt,
      outcome({ decisions: [denied, allowed], failure: new Error("it was allowed") }),
    );

    expect(admitted).toEqual([allowed]);
  });

  it("because no refusal comes shows it too", () => {
    const { admitted } = refusalsOf(
      attempt,
      outcome({ decisions: [allowed], missing: attempt.denials ?? [] }),
    );

    expect(admitted).toEqual([allowed]);
  });

  it("for another right alone, refused to the function's own work meanwhile, shows that right and nothing else", () => {
    const write = decision("s3:PutObject", false);
    const { denied: shown, admitted } = refusalsOf(
      attempt,
      outcome({ decisions: [denied, allowed, write], unasked: ["start s3:PutObject"] }),
    );

    expect(shown).toEqual([write]);
    expect(admitted).toEqual([]);
  });
});
