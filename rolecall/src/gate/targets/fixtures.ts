import { type Asked, accountId, type FakeGate, fakeGate } from "../../run/testing/gate.ts";
import { createTargets, type Message, type Targets } from "./targets.ts";

export interface TestTargets extends Targets {
  readonly gate: FakeGate;
  /** What was delivered, in order. */
  readonly got: { readonly arn: string; readonly message: Message; readonly senderId: string }[];
}

/** Targets that keep what they get. */
export function testTargets(arns: readonly string[], denies?: (asked: Asked) => boolean): TestTargets {
  const gate = fakeGate(denies);
  const targets = createTargets({ gate, accountId });
  const got: TestTargets["got"] = [];
  for (const arn of arns) targets.add(arn, (message, senderId) => got.push({ arn, message, senderId }));
  return { ...targets, gate, got };
}
