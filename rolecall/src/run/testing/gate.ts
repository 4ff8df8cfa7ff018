import type { Gate, Principal, Question } from "../../gate/types.ts";
import type { Decision } from "../../iam/types.ts";

export const region = "us-east-1";
export const accountId = "123456789012";

export interface Asked extends Question {
  /** The principal's or the service's name. */
  readonly who: string;
}

export interface FakeGate extends Gate {
  /** Every question so far. */
  readonly asked: Asked[];
  /** Which of them are denied; may be changed at any time. */
  denies: (asked: Asked) => boolean;
}

/** A gate that allows everything but what `denies` says, and notes what it was asked. */
export function fakeGate(denies: FakeGate["denies"] = () => false): FakeGate {
  const ask = (who: string, question: Question): Decision => {
    const asked = { who, ...question };
    gate.asked.push(asked);
    if (gate.denies(asked)) return { outcome: "implicitly denied", missing: "identity-based" };
    return { outcome: "allowed", by: { kind: "identity-based", policy: "test", index: 0, sid: "Test" } };
  };
  const gate: FakeGate = {
    asked: [],
    denies,
    authorize: ({ name }, question) => ask(name, question),
    authorizeService: ask,
  };
  return gate;
}

/** A function's role in its session; without policies, since the gate is a fake. */
export function testPrincipal(name: string): Principal {
  return {
    name,
    caller: {
      type: "principal",
      arn: `arn:aws:sts::${accountId}:assumed-role/${name}-role/${name}`,
      principalArn: `arn:aws:iam::${accountId}:role/${name}-role`,
      accountId,
    },
    policies: [],
  };
}
