import type { Decision } from "@voice-notes/permissions";
import type { Gate, Principal, Question } from "../types.ts";

export interface Asked extends Question {
  /** The principal's or the service's name. */
  readonly who: string;
}

/** A gate that allows everything but what `denies` says, and notes what it was asked. */
export function fakeGate(
  denies: (asked: Asked) => boolean = () => false,
): Gate & { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const ask = (who: string, question: Question): Decision => {
    const one = { who, ...question };
    asked.push(one);
    if (denies(one)) return { outcome: "implicitly denied", missing: "identity-based" };
    return { outcome: "allowed", by: { kind: "identity-based", policy: "test", index: 0, sid: "Test" } };
  };
  return {
    asked,
    authorize: (principal: Principal, question) => ask(principal.name, question),
    authorizeService: ask,
  };
}

export const principal: Principal = {
  name: "worker",
  caller: {
    type: "principal",
    arn: "arn:aws:sts::123456789012:assumed-role/worker-role/worker",
    principalArn: "arn:aws:iam::123456789012:role/worker-role",
    accountId: "123456789012",
  },
  policies: [],
};
