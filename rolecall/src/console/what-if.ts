import type { NamedPolicy } from "../iam/types.ts";
import type { PoliciesInForce } from "../run/index.ts";
import { HttpError } from "./http/errors.ts";
import type { ActionChange } from "./messages.ts";
import type { PoliciesAsked } from "./principals.ts";

type Taken = Omit<ActionChange, "isAllowed">;

export interface WhatIf {
  /** How the policies were. */
  readonly original: PoliciesAsked;
  /** What is taken out of the statements at the moment. */
  readonly taken: readonly Taken[];
  /**
   * Takes an action out of a statement, or puts it back. It holds from the next decision on.
   *
   * @throws {HttpError} 404 for a statement that is not there, or an action that it does not have
   */
  change(change: ActionChange): void;
  /** Puts everything back. */
  reset(): void;
}

/** Changes policies in force, and knows how they were. No file is touched. */
export function createWhatIf(inForce: PoliciesInForce): WhatIf {
  const original = { identity: new Map(inForce.identity), resource: new Map(inForce.resource) };
  let taken: readonly Taken[] = [];

  const apply = (holder: string) => {
    for (const kind of ["identity", "resource"] as const) {
      const policies = original[kind].get(holder);
      if (policies === undefined) continue;
      const ofHolder = taken.filter((one) => one.holder === holder);
      inForce[kind].set(holder, ofHolder.length === 0 ? policies : policies.map(without(ofHolder)));
    }
  };

  return {
    original,
    get taken() {
      return taken;
    },
    change({ isAllowed, holder, policy, index, action }) {
      const policies = original.identity.get(holder) ?? original.resource.get(holder) ?? [];
      const document = policies.find(({ name }) => name === policy)?.document;
      const { patterns = [], not = false } = document?.statements[index]?.actions ?? {};
      if (not || !patterns.includes(action)) {
        throw new HttpError(404, `Statement ${index} of ${policy} (${holder}) does not name ${action}.`);
      }
      const others = taken.filter(
        (one) =>
          one.holder !== holder || one.policy !== policy || one.index !== index || one.action !== action,
      );
      taken = isAllowed ? others : [...others, { holder, policy, index, action }];
      apply(holder);
    },
    reset() {
      const holders = new Set(taken.map(({ holder }) => holder));
      taken = [];
      for (const holder of holders) apply(holder);
    },
  };
}

/** A statement that lost its last action stays where it is, about nothing, so that the others keep their positions. */
function without(taken: readonly Taken[]) {
  return ({ name, document }: NamedPolicy): NamedPolicy => {
    const statements = document.statements.map((statement, index) => {
      const gone = taken.filter((one) => one.policy === name && one.index === index);
      if (gone.length === 0) return statement;
      const { not, patterns } = statement.actions;
      const left = patterns.filter((pattern) => gone.every(({ action }) => action !== pattern));
      return { ...statement, actions: { not, patterns: left } };
    });
    return { name, document: { ...document, statements } };
  };
}
